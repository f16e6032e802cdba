"""The flows of an integration, written with python-quickbooks and intuit-oauth."""

import json
import os
import sys
from importlib.metadata import version

# The simulator has no certificate; oauthlib insists on one otherwise.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

from intuitlib.client import AuthClient
from intuitlib.exceptions import AuthClientError
from quickbooks import QuickBooks
from quickbooks.batch import batch_create
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import ObjectNotFoundException, QuickbooksException, ValidationException
from quickbooks.objects.base import EmailAddress, Ref
from quickbooks.objects.account import Account
from quickbooks.objects.attachable import Attachable
from quickbooks.objects.company_info import CompanyInfo
from quickbooks.objects.creditmemo import CreditMemo
from quickbooks.objects.customer import Customer
from quickbooks.objects.deposit import Deposit, DepositLine
from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.item import Item
from quickbooks.objects.payment import Payment, PaymentLine
from quickbooks.objects.preferences import Preferences
from quickbooks.objects.salesreceipt import SalesReceipt

SIM = json.loads(os.environ["TIEOUT_SIM"])
# Everything made here carries this, so that the flows can run twice on one company.
RUN = "py" + os.urandom(4).hex()


def connect():
    """The discovery document, a refresh that rotates, and a token that no longer works."""
    auth = AuthClient(
        SIM["client_id"],
        SIM["client_secret"],
        SIM.get("redirect_uri", "http://localhost:8080/oauth/callback"),
        SIM["base_url"] + "/.well-known/openid_sandbox_configuration",
    )
    assert auth.token_endpoint == SIM["token_url"], auth.token_endpoint
    auth.refresh(refresh_token=SIM["refresh_token"])
    assert auth.access_token and auth.expires_in == 3600
    try:
        auth.refresh(refresh_token="AB11nonsense")
        raise AssertionError("a bogus refresh token was taken")
    except AuthClientError as error:
        assert error.status_code == 400 and "invalid_grant" in str(error.content), error.content
    QuickBooks.api_url_v3 = SIM["base_url"] + "/v3"
    return QuickBooks(
        auth_client=auth,
        refresh_token=auth.refresh_token,
        company_id=SIM["realm_id"],
        minorversion=75,
    )


def refused(code, call):
    """Runs what must be refused with one code, and gives the error."""
    try:
        call()
    except QuickbooksException as error:
        assert error.error_code == code, (error.error_code, error.message, error.detail)
        return error
    raise AssertionError(f"{code} was expected")


def sales_line(item, amount):
    line = SalesItemLine()
    line.Amount = amount
    line.SalesItemLineDetail = SalesItemLineDetail()
    line.SalesItemLineDetail.ItemRef = item.to_ref()
    line.SalesItemLineDetail.TaxCodeRef = Ref()
    line.SalesItemLineDetail.TaxCodeRef.value = "NON"
    return line


def customers(qb):
    """Create, read, update, query, deactivate; names that need escaping, names that are taken."""
    customer = Customer()
    customer.DisplayName = f"O'Neil & {RUN}"
    customer.PrimaryEmailAddr = EmailAddress()
    customer.PrimaryEmailAddr.Address = "oneil@example.com"
    customer = customer.save(qb=qb)
    assert customer.SyncToken == "0" and customer.Active
    found = Customer.filter(DisplayName=customer.DisplayName, qb=qb)
    assert [c.Id for c in found] == [customer.Id]
    found = Customer.choose([customer.DisplayName, "nobody"], field="DisplayName", qb=qb)
    assert [c.Id for c in found] == [customer.Id]
    read = Customer.get(customer.Id, qb=qb)
    read.Notes = "paid in coins"
    updated = read.save(qb=qb)
    assert updated.SyncToken == "1" and updated.Notes == "paid in coins"
    assert updated.PrimaryEmailAddr.Address == "oneil@example.com"
    refused(5010, lambda: customer.save(qb=qb))
    twin = Customer()
    twin.DisplayName = customer.DisplayName
    refused(6240, lambda: twin.save(qb=qb))
    assert Customer.count(f"Id = '{customer.Id}'", qb=qb) == 1
    gone = Customer()
    gone.DisplayName = f"Gone {RUN}"
    gone = gone.save(qb=qb)
    gone.Active = False
    gone.sparse = True
    gone = gone.save(qb=qb)
    assert gone.DisplayName.endswith("(deleted)") and not gone.Active
    assert Customer.filter(Id=gone.Id, qb=qb) == []
    assert len(Customer.filter(Active=False, Id=gone.Id, qb=qb)) == 1
    return updated


def items(qb):
    income = Account.filter(AccountType="Income", max_results=1, qb=qb)[0]
    item = Item()
    item.Name = f"Mug {RUN}"
    item.Type = "Service"
    item.IncomeAccountRef = income.to_ref()
    item = item.save(qb=qb)
    assert Item.filter(Name=item.Name, qb=qb)[0].Id == item.Id
    return item


def invoices(qb, customer, item):
    """Create, repeat, read, update, query, print, send, void, delete."""
    invoice = Invoice()
    invoice.CustomerRef = customer.to_ref()
    invoice.Line = [sales_line(item, 12.5), sales_line(item, 30)]
    made = invoice.save(qb=qb, request_id=f"{RUN}-1")
    assert float(made.TotalAmt) == 42.5 and float(made.Balance) == 42.5
    assert made.Line[-1].DetailType == "SubTotalLineDetail"
    again = Invoice()
    again.CustomerRef = customer.to_ref()
    again.Line = [sales_line(item, 12.5), sales_line(item, 30)]
    assert again.save(qb=qb, request_id=f"{RUN}-1").Id == made.Id
    read = Invoice.get(made.Id, qb=qb)
    read.PrivateNote = RUN
    read = read.save(qb=qb)
    assert read.SyncToken == "1" and float(read.TotalAmt) == 42.5
    listed = Invoice.query(
        f"SELECT * FROM Invoice WHERE CustomerRef = '{customer.Id}' ORDERBY Id DESC", qb=qb
    )
    assert listed[0].Id == made.Id
    assert read.download_pdf(qb=qb).startswith(b"%PDF")
    sent = read.send(qb=qb, send_to="ada@example.com")["Invoice"]
    assert sent["EmailStatus"] == "EmailSent"
    other = Invoice()
    other.CustomerRef = customer.to_ref()
    other.Line = [sales_line(item, 1)]
    other = other.save(qb=qb)
    voided = other.void(qb=qb)["Invoice"]
    assert voided["TotalAmt"] == 0 and "Voided" in voided["PrivateNote"]
    assert Invoice.get(other.Id, qb=qb).delete(qb=qb)["Invoice"]["status"] == "Deleted"
    try:
        Invoice.get(other.Id, qb=qb)
        raise AssertionError("a deleted invoice was read")
    except ObjectNotFoundException:
        pass
    return Invoice.get(made.Id, qb=qb)


def payments(qb, customer, invoice):
    """A payment settles an invoice; a void opens it again."""
    payment = Payment()
    payment.CustomerRef = customer.to_ref()
    payment.TotalAmt = 42.5
    line = PaymentLine()
    line.Amount = 42.5
    line.LinkedTxn = [invoice.to_linked_txn()]
    payment.Line = [line]
    payment = payment.save(qb=qb)
    assert float(payment.UnappliedAmt) == 0
    paid = Invoice.get(invoice.Id, qb=qb)
    assert float(paid.Balance) == 0 and int(paid.SyncToken) > int(invoice.SyncToken)
    assert Payment.filter(Id=payment.Id, qb=qb)[0].Id == payment.Id
    assert payment.void(qb=qb)["Payment"]["TotalAmt"] == 0
    assert float(Invoice.get(invoice.Id, qb=qb).Balance) == 42.5


def receipts_and_deposits(qb, customer, item):
    receipt = SalesReceipt()
    receipt.CustomerRef = customer.to_ref()
    receipt.Line = [sales_line(item, 7)]
    receipt = receipt.save(qb=qb)
    bank = Account.filter(AccountType="Bank", max_results=1, qb=qb)[0]
    deposit = Deposit()
    deposit.DepositToAccountRef = bank.to_ref()
    line = DepositLine()
    line.Amount = 7
    line.DetailType = None
    line.DepositLineDetail = None
    linked = receipt.to_linked_txn()
    linked.TxnLineId = 0
    line.LinkedTxn = [linked]
    deposit.Line = [line]
    deposit = deposit.save(qb=qb)
    assert float(deposit.TotalAmt) == 7
    frozen = SalesReceipt.get(receipt.Id, qb=qb)
    refused(6540, lambda: frozen.delete(qb=qb))
    memo = CreditMemo()
    memo.CustomerRef = customer.to_ref()
    memo.Line = [sales_line(item, 2)]
    assert float(memo.save(qb=qb).RemainingCredit) == 2


def bulk(qb):
    """A batch in which one item fails, change data, reports, settings."""
    names = [f"Bulk {n} {RUN}" for n in range(3)]
    people = []
    for name in names + [names[0]]:
        person = Customer()
        person.DisplayName = name
        people.append(person)
    result = batch_create(people, qb=qb)
    assert len(result.successes) == 3 and len(result.faults) == 1
    assert result.faults[0].Error[0].code == "6240"
    changes = change_data_capture([Customer, Invoice], "2026-01-01T00:00:00-08:00", qb=qb)
    assert {c.DisplayName for c in changes.Customer} >= set(names)
    assert changes.Invoice
    report = qb.get_report("ProfitAndLoss", {"date_macro": "all"})
    assert report["Header"]["ReportName"] == "ProfitAndLoss"
    assert report["Rows"]["Row"][-1]["group"] == "NetIncome"
    assert CompanyInfo.get(SIM["realm_id"], qb=qb).CompanyName
    assert Preferences.get(qb=qb).SalesFormsPrefs is not None


def attachments(qb, invoice):
    note = Attachable()
    note.Note = f"note {RUN}"
    note = note.save(qb=qb)
    assert Attachable.get(note.Id, qb=qb).Note == f"note {RUN}"
    file = Attachable()
    file.FileName = "coffee.txt"
    file.ContentType = "text/plain"
    file._FileBytes = b"two cups"
    file = file.save(qb=qb)
    assert file.FileName == "coffee.txt" and file.Id


def mistakes(qb):
    """Errors come as the exceptions that the library has for them."""
    error = refused(4000, lambda: Customer.query("SELECT * FROM Customer WHERE", qb=qb))
    assert isinstance(error, ValidationException) and "QueryParserError" in error.detail
    refused(4001, lambda: Customer.query("SELECT * FROM Custmoer", qb=qb))
    refused(2020, lambda: Invoice().save(qb=qb))
    refused(610, lambda: Customer.get("99999", qb=qb))


def main():
    qb = connect()
    customer = customers(qb)
    item = items(qb)
    invoice = invoices(qb, customer, item)
    payments(qb, customer, invoice)
    receipts_and_deposits(qb, customer, item)
    bulk(qb)
    attachments(qb, invoice)
    mistakes(qb)
    libraries = ", ".join(f"{name} {version(name)}" for name in ("python-quickbooks", "intuit-oauth"))
    print(f"{libraries}: all flows passed")


if __name__ == "__main__":
    sys.exit(main())
