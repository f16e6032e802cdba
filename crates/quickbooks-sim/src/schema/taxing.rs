//! Known properties of tax lists, TaxService and currencies, in the order of the published schema.

/// TaxCode.
pub(super) const TAX_CODE: &[&str] = &[
    "Name",
    "Description",
    "Active",
    "Hidden",
    "Taxable",
    "TaxGroup",
    "SalesTaxRateList",
    "PurchaseTaxRateList",
    "AdjustmentTaxRateList",
    "TaxCodeEx",
    "TaxCodeConfigType",
];
/// TaxRate.
pub(super) const TAX_RATE: &[&str] = &[
    "Name",
    "Description",
    "Active",
    "RateValue",
    "AgencyRef",
    "TaxReturnLineRef",
    "EffectiveTaxRate",
    "SpecialTaxType",
    "DisplayType",
    "TaxRateEx",
    "OriginalTaxRate",
];
/// TaxAgency, next to what a vendor has.
pub(super) const TAX_AGENCY: &[&str] = &[
    "SalesTaxCodeRef",
    "SalesTaxCountry",
    "SalesTaxReturnRef",
    "TaxRegistrationNumber",
    "ReportingPeriod",
    "TaxTrackedOnPurchases",
    "TaxOnPurchasesAccountRef",
    "TaxTrackedOnSales",
    "TaxTrackedOnSalesAccountRef",
    "TaxOnTax",
    "LastFileDate",
    "TaxAgencyExt",
    "TaxAgencyConfig",
];
/// CompanyCurrency.
pub(super) const COMPANY_CURRENCY: &[&str] = &["Code", "Name", "Active", "CompanyCurrencyEx"];
/// ExchangeRate.
pub(super) const EXCHANGE_RATE: &[&str] =
    &["SourceCurrencyCode", "TargetCurrencyCode", "Rate", "AsOfDate", "ExchangeRateEx"];
/// TaxService.
pub(super) const TAX_SERVICE: &[&str] = &["TaxCode", "TaxCodeId", "TaxRateDetails", "Fault"];
/// TaxRateDetails of TaxService.
pub(super) const TAX_RATE_DETAILS: &[&str] =
    &["TaxRateName", "TaxRateId", "RateValue", "TaxAgencyId", "TaxApplicableOn"];
/// TxnTaxDetail.
pub(super) const TXN_TAX_DETAIL: &[&str] = &[
    "DefaultTaxCodeRef",
    "TxnTaxCodeRef",
    "TotalTax",
    "TaxReviewStatus",
    "TaxLine",
    "UseAutomatedSalesTax",
];
/// TaxLineDetail.
pub(super) const TAX_LINE_DETAIL: &[&str] = &[
    "TaxRateRef",
    "PercentBased",
    "TaxPercent",
    "NetAmountTaxable",
    "TaxInclusiveAmount",
    "OverrideDeltaAmount",
    "ServiceDate",
    "TaxLineDetailEx",
];
