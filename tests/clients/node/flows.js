// The flows of an integration, written with node-quickbooks.
'use strict'

const assert = require('node:assert/strict')
const crypto = require('node:crypto')
const QuickBooks = require('node-quickbooks')

const sim = JSON.parse(process.env.TIEOUT_SIM)
// Everything made here carries this, so that the flows can run twice on one company.
const run = 'js' + crypto.randomBytes(4).toString('hex')

QuickBooks.V3_ENDPOINT_BASE_URL = `${sim.base_url}/v3/company/`
QuickBooks.TOKEN_URL = sim.token_url
QuickBooks.REVOKE_URL = `${sim.base_url}/v2/oauth2/tokens/revoke`

const qbo = new QuickBooks(
  sim.client_id, sim.client_secret, sim.access_token, false, sim.realm_id, true, false, 75, '2.0',
  sim.refresh_token
)

/** Calls a method of the client; its callback becomes a promise. */
function call (method, ...given) {
  return new Promise((resolve, reject) => {
    qbo[method](...given, (error, body) => (error ? reject(error) : resolve(body)))
  })
}

/** Runs what must be refused with one code. */
async function refused (code, promise) {
  try {
    await promise
  } catch (error) {
    const body = error.response ? error.response.data : error
    assert.equal(body.Fault.Error[0].code, code, JSON.stringify(body))
    return body
  }
  assert.fail(`${code} was expected`)
}

const line = (item, amount) => ({
  Amount: amount,
  DetailType: 'SalesItemLineDetail',
  SalesItemLineDetail: { ItemRef: { value: item }, TaxCodeRef: { value: 'NON' } }
})

async function connect () {
  const issued = await call('refreshAccessToken')
  assert.equal(issued.token_type, 'bearer')
  assert.equal(issued.expires_in, 3600)
  assert.equal(qbo.token, issued.access_token)
}

async function customers () {
  const made = await call('createCustomer', { DisplayName: `O'Neil & ${run}` })
  assert.equal(made.SyncToken, '0')
  const read = await call('getCustomer', made.Id)
  assert.equal(read.DisplayName, made.DisplayName)
  const updated = await call('updateCustomer', { Id: made.Id, SyncToken: '0', Notes: 'likes tea' })
  assert.deepEqual([updated.SyncToken, updated.Notes], ['1', 'likes tea'])
  assert.equal(updated.DisplayName, made.DisplayName, 'the client updates sparsely')
  await refused('5010', call('updateCustomer', { Id: made.Id, SyncToken: '0', Notes: 'late' }))
  await refused('6240', call('createCustomer', { DisplayName: made.DisplayName }))
  const found = await call('findCustomers', { DisplayName: made.DisplayName })
  assert.deepEqual(found.QueryResponse.Customer.map(c => c.Id), [made.Id])
  const like = await call('findCustomers', [{ field: 'DisplayName', value: `%${run}`, operator: 'LIKE' }])
  assert.equal(like.QueryResponse.maxResults, 1)
  const counted = await call('findCustomers', { Id: made.Id, count: true })
  assert.equal(counted.QueryResponse.totalCount, 1)
  const all = await call('findCustomers', { fetchAll: true, limit: 2 })
  assert.ok(all.QueryResponse.Customer.length >= 3, 'pages are followed')
  return made.Id
}

async function items () {
  const accounts = await call('findAccounts', { AccountType: 'Income', limit: 1 })
  const income = accounts.QueryResponse.Account[0].Id
  const item = await call('createItem', {
    Name: `Mug ${run}`, Type: 'Service', IncomeAccountRef: { value: income }
  })
  return item.Id
}

async function invoices (customer, item) {
  const body = () => ({
    CustomerRef: { value: customer }, Line: [line(item, 12.5), line(item, 30)], requestId: `${run}-1`
  })
  const made = await call('createInvoice', body())
  assert.deepEqual([made.TotalAmt, made.Balance], [42.5, 42.5])
  const again = await call('createInvoice', body())
  assert.equal(again.Id, made.Id, 'a repeated request id makes nothing')
  const updated = await call('updateInvoice', { Id: made.Id, SyncToken: '0', PrivateNote: run })
  assert.equal(updated.TotalAmt, 42.5)
  const found = await call('findInvoices', [
    { field: 'CustomerRef', value: customer },
    { field: 'TotalAmt', value: '40', operator: '>' },
    { desc: 'Id' }
  ])
  assert.equal(found.QueryResponse.Invoice[0].Id, made.Id)
  const page = await call('getInvoicePdf', made.Id)
  assert.equal(Buffer.from(page).subarray(0, 4).toString(), '%PDF')
  const sent = await call('sendInvoicePdf', made.Id, 'ada@example.com')
  assert.equal((sent.Invoice || sent).EmailStatus, 'EmailSent')
  const other = await call('createInvoice', { CustomerRef: { value: customer }, Line: [line(item, 1)] })
  const voided = await call('voidInvoice', other.Id)
  assert.equal((voided.Invoice || voided).TotalAmt, 0)
  const gone = await call('deleteInvoice', other.Id)
  assert.equal(gone.Invoice.status, 'Deleted')
  await refused('610', call('getInvoice', other.Id))
  return made.Id
}

async function payments (customer, invoice) {
  const payment = await call('createPayment', {
    CustomerRef: { value: customer },
    TotalAmt: 42.5,
    Line: [{ Amount: 42.5, LinkedTxn: [{ TxnId: invoice, TxnType: 'Invoice' }] }]
  })
  assert.equal(payment.UnappliedAmt, 0)
  assert.equal((await call('getInvoice', invoice)).Balance, 0)
  const read = await call('getPayment', payment.Id)
  assert.equal(read.Line[0].LinkedTxn[0].TxnId, invoice)
  const voided = await call('voidPayment', read)
  assert.equal((voided.Payment || voided).TotalAmt, 0)
  assert.equal((await call('getInvoice', invoice)).Balance, 42.5)
}

async function bulk (customer) {
  const answer = await call('batch', [
    { bId: '1', operation: 'create', Vendor: { DisplayName: `Parcels ${run}` } },
    { bId: '2', operation: 'create', Vendor: { DisplayName: `Parcels ${run}` } },
    { bId: '3', Query: `select * from Vendor where DisplayName = 'Parcels ${run}'` }
  ])
  const [first, second, third] = answer.BatchItemResponse
  assert.equal(first.Vendor.SyncToken, '0')
  assert.equal(second.Fault.Error[0].code, '6240')
  assert.equal(third.QueryResponse.maxResults, 1)
  const changes = await call('changeDataCapture', ['Customer', 'Payment'], new Date('2026-01-01T00:00:00Z'))
  const blocks = changes.CDCResponse[0].QueryResponse
  assert.ok(blocks[0].Customer.some(c => c.Id === customer))
  const income = await call('reportProfitAndLoss', { start_date: '2026-01-01', end_date: '2026-12-31' })
  assert.equal(income.Header.ReportName, 'ProfitAndLoss')
  const owed = await call('reportCustomerBalance', { customer })
  assert.equal(owed.Rows.Row.at(-1).group, 'GrandTotal')
  const ledger = await call('reportGeneralLedgerDetail', { columns: ['tx_date', 'subt_nat_amount'] })
  assert.equal(ledger.Columns.Column.length, 2)
  assert.ok((await call('getPreferences')).SalesFormsPrefs)
  assert.ok((await call('getCompanyInfo', sim.realm_id)).CompanyName)
}

async function mistakes () {
  await refused('4001', call('findCustomers', { Nonsense: 'x' }))
  await refused('2020', call('createInvoice', {}))
}

async function disconnect () {
  await call('revokeAccess', true)
  qbo.token = sim.access_token
  qbo.realmId = sim.realm_id
  await assert.rejects(call('getCustomer', '1'), error => error.response.status === 401)
}

async function main () {
  await connect()
  const customer = await customers()
  const item = await items()
  const invoice = await invoices(customer, item)
  await payments(customer, invoice)
  await bulk(customer)
  await mistakes()
  await disconnect()
  const { version } = require('node-quickbooks/package.json')
  console.log(`node-quickbooks ${version}: all flows passed`)
}

main().catch(error => {
  const told = error.response ? JSON.stringify(error.response.data) : ''
  console.error(told, error.config ? error.config.url : '', error.stack || error)
  process.exitCode = 1
})
