"""Company and supplier master."""

from integrations.systems.ifs.simulator.schema import Entity, fields, navigations, sets

_EDIT = frozenset({"create", "update", "delete"})

ENTITIES = (
    Entity(
        "Company",
        "date",
        fields("Company* str20, Name str100, Currency str3, Country str2"),
        sets("CompanyHandling.CompanySet"),
    ),
    Entity(
        "SupplierInfoGeneral",
        "date",
        fields(
            """SupplierId* str20, Name! str100, Country str2, DefaultLanguage str5, AssociationNo str50,
            CreationDate date, PartyType PartyType, SupplierCategory SupplierInfoCategory, OneTime boolean,
            B2bSupplier boolean, DefaultDomain boolean, SuppliersOwnId str20, CorporateForm str20,
            IdentifierReference str50, IdentifierRefValidation IdentifierRefValidation,
            BusinessClassification str20, Party str20, PictureId integer, Cf_Sent_To_Bill str50"""
        ),
        sets("SupplierHandling.SupplierInfoGeneralSet SuppliersHandling.SupplierInfoGeneralSet"),
        navigations(
            "SupplierInfoAddresses > SupplierInfoAddress on SupplierId",
            "AddressCommunicationMethods > SupplierInfoCommMethod on SupplierId",
            "SupplierInvoiceCompanies > SupplierInvoiceCompany on SupplierId",
            "SupplierPayments > SupplierPayment on SupplierId",
            "SupplierPurchases > SupplierPurchase on SupplierId",
        ),
        numbered="SupplierId",
        extra_columns=("Name", "CreationDate", "Cf_Sent_To_Bill"),
        writes=_EDIT,
    ),
    Entity(
        "SupplierInfoAddress",
        "date",
        fields(
            """SupplierId* str20, AddressId* str50, Name str100, Address1 str100, Address2 str100, ZipCode str35,
            City str35, State str35, County str35, Country str2, ValidFrom date, ValidTo date"""
        ),
        sets("SupplierHandling.SupplierInfoAddressSet"),
        navigations(
            "AddressTypes > SupplierInfoAddressType on SupplierId AddressId",
            "AddressCommunicationMethods > SupplierInfoCommMethod on SupplierId AddressId",
        ),
        writes=_EDIT,
    ),
    Entity(
        "SupplierInfoAddressType",
        "date",
        fields("SupplierId* str20, AddressId* str50, AddressTypeCode* AddressTypeCode, DefAddress boolean"),
        writes=_EDIT,
    ),
    Entity(
        "SupplierInfoCommMethod",
        "date",
        fields("SupplierId* str20, CommId* integer, MethodId CommMethodCode, Value str200, AddressId str50"),
        extra_columns=("AddressId",),
        numbered="CommId",
        writes=_EDIT,
    ),
    Entity(
        "SupplierInvoiceCompany",
        "date",
        fields(
            """SupplierId* str20, Company* str20, Identity str20, PartyType PartyType, GroupId str20,
            DefCurrency str3, PayTermId str20, InvoiceType str20, TaxLiability str20"""
        ),
        sets("SupplierHandling.SupplierInvoiceCompanySet"),
        writes=_EDIT,
    ),
    Entity(
        "SupplierPayment",
        "date",
        fields(
            """SupplierId str20, Company* str20, Identity* str20, PartyType* PartyType, PaymentAdvice str20,
            BlockedForPayment boolean, Priority integer"""
        ),
        sets("SupplierHandling.SupplierPaymentSet"),
        extra_columns=("SupplierId",),
        indexes=(("SupplierId",),),
        writes=_EDIT,
    ),
    Entity(
        "SupplierPurchase",
        "date",
        fields(
            """SupplierId str20, VendorNo* str20, CurrencyCode str3, BuyerCode str20, PurchaseGroup str20,
            SuppGrp str20"""
        ),
        sets("SupplierHandling.SupplierPurchaseSet"),
        extra_columns=("SupplierId",),
        indexes=(("SupplierId",),),
        writes=_EDIT,
    ),
)
