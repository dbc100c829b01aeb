"""Contacts: the customers, and a few vendors among them; zoho-api.md 3.4, captures books-contact*."""

from collections.abc import Sequence
from typing import Any

from tsh_sync_gui.simulator import organization as org
from tsh_sync_gui.simulator.clock import DATA_END, stamp
from tsh_sync_gui.simulator.collection import (
    BOOKS,
    ID_BASE,
    ID_SERIES,
    ID_STEP,
    INVENTORY,
    Collection,
    Row,
    TemplateSource,
    World,
    spread,
    template,
)
from tsh_sync_gui.simulator.money import money

_SERIES = 2
_FIRST_ID = ID_BASE + _SERIES * ID_SERIES
_PERSONS = ID_BASE + 82 * ID_SERIES
_ADDRESSES = ID_BASE + 83 * ID_SERIES
_CITIES = (
    *(("Baghdad", "بغداد"), ("Basra", "البصرة"), ("Erbil", "أربيل"), ("Mosul", "الموصل"), ("Najaf", "النجف")),
    *(
        ("Karbala", "كربلاء"),
        ("Kirkuk", "كركوك"),
        ("Sulaymaniyah", "السليمانية"),
        ("Duhok", "دهوك"),
        ("Hilla", "الحلة"),
    ),
    *(
        ("Nasiriyah", "الناصرية"),
        ("Amarah", "العمارة"),
        ("Kut", "الكوت"),
        ("Ramadi", "الرمادي"),
        ("Samawah", "السماوة"),
    ),
)
_NAMES = (
    *(("Al-Rafidain", "الرافدين"), ("Dijla", "دجلة"), ("Al-Furat", "الفرات"), ("Babel", "بابل"), ("Ishtar", "عشتار")),
    *(
        ("Sumer", "سومر"),
        ("Al-Zawraa", "الزوراء"),
        ("Al-Noor", "النور"),
        ("Al-Amal", "الأمل"),
        ("Al-Mansour", "المنصور"),
    ),
    *(
        ("Al-Wafaa", "الوفاء"),
        ("Nineveh", "نينوى"),
        ("Al-Jazeera", "الجزيرة"),
        ("Zagros", "زاگروس"),
        ("Newroz", "نوروز"),
    ),
    *(("Al-Nakheel", "النخيل"), ("Shatt Al-Arab", "شط العرب"), ("Al-Karkh", "الكرخ"), ("Al-Rasheed", "الرشيد")),
    *(("Al-Diwan", "الديوان"), ("Al-Mustaqbal", "المستقبل"), ("Al-Hadbaa", "الحدباء"), ("Hawler", "هولير")),
)
_FORMS = (
    ("{0} Electronics - {1}", False),
    ("شركة {0} للتجارة العامة - {1}", True),
    ("{0} Mobile Center, {1}", False),
    ("مركز {0} للموبايل - {1}", True),
    ("{0} Computer Co. ({1})", False),
    ("معرض {0} للأجهزة الكهربائية - {1}", True),
    ("{0} Trading Ltd - {1}", False),
    ("مكتب {0} للحاسبات / {1}", True),
    ("{0} Security Systems - {1}", False),
)
_PERSON_NAMES = (
    *(("Ahmed", "Al-Saadi"), ("علي", "حسين"), ("Mustafa", "Kareem"), ("زيد", "الخفاجي"), ("Omar", "Al-Dulaimi")),
    *(("Sara", "Aziz"), ("حيدر", "الموسوي"), ("Rebin", "Salih"), ("نور", "عباس"), ("Yousif", "Toma")),
)
_TERMS = (
    *((0, "Due on Receipt"), (7, "Net 7"), (15, "Net 15"), (30, "Net 30"), (45, "Net 45")),
    *((-3, "Due end of next month"), (-2, "Due end of the month"), (30, "Net 30")),
)
_ADDRESS_KEYS = (
    *("attention", "address", "street2", "city", "state_code", "state", "zip", "country", "county", "latitude"),
    *("longitude", "country_code", "phone", "fax"),
)


def vendor_count(customers: int) -> int:
    """Return how many vendors stand among the contacts."""
    return max(customers // 12, 4) if customers else 0


_EMPTY = ("language_code", "language_code_formatted")
_ROW = template(
    {
        "contact_id": b'"%d"',
        "contact_name": b'"%b"',
        "customer_name": b'"%b"',
        "vendor_name": b'"%b"',
        "company_name": b'"%b"',
        "website": b'"%b"',
        **dict.fromkeys(_EMPTY, ""),
        "contact_type": b'"%b"',
        "contact_type_formatted": b'"%b"',
        "status": b'"%b"',
        "customer_sub_type": "business",
        "source": "csv",
        "is_linked_with_zohocrm": False,
        "payment_terms": b"%d",
        "payment_terms_label": b'"%b"',
        "payment_terms_id": b'"%b"',
        "currency_id": b'"%b"',
        "twitter": "",
        "facebook": "",
        "currency_code": b'"%b"',
        "outstanding_receivable_amount": b"%b",
        "outstanding_receivable_amount_bcy": b"%b",
        "unused_credits_receivable_amount": b"%b",
        "first_name": b'"%b"',
        "last_name": b'"%b"',
        "email": b'"%b"',
        "phone": b'"%b"',
        "mobile": b'"%b"',
        "portal_status": "disabled",
        "place_of_contact": "",
        "gst_treatment": "",
        "gst_no": "",
        "pan_no": "",
        "created_time": b'"%b"',
        "created_time_formatted": b'"%b"',
        "last_modified_time": b'"%b"',
        "last_modified_time_formatted": b'"%b"',
        "custom_fields": [],
        "custom_field_hash": {},
        "cf_governorate": b'"%b"',
        "cf_governorate_unformatted": b'"%b"',
        "ach_supported": False,
        "has_attachment": False,
    }
)


_DETAIL_EMPTY = (
    *("trader_name", "legal_name", "tax_id", "tax_exemption_id", "account_id", "owner_id", "udyam_reg_no"),
    *("tax_name", "vat_reg_no", "tax_treatment", "facebook", "twitter", "designation"),
)
_DETAIL_KEPT = (
    *("contact_id", "contact_name", "company_name", "contact_type", "customer_sub_type", "status", "source"),
    *("first_name", "last_name", "mobile", "email", "phone", "website", "language_code", "currency_id"),
    *("currency_code", "payment_terms", "payment_terms_label", "payment_terms_id", "place_of_contact"),
    *("gst_treatment", "gst_no", "pan_no", "outstanding_receivable_amount", "unused_credits_receivable_amount"),
    *("portal_status", "created_time", "last_modified_time", "cf_governorate", "cf_governorate_unformatted"),
)


class Contacts(TemplateSource):
    """Customers and vendors in one list; `contact_type` tells them apart."""

    def __init__(self, world: World) -> None:
        self.customer_count = world.config.customers
        self._vendors = vendor_count(self.customer_count)
        count = self.customer_count + self._vendors
        self._words = world.words("contacts", count)
        created = spread(count, imported=count // 2)
        modified = [
            start + (word >> 32) % (DATA_END - start) if word >> 28 & 3 == 0 else start
            for start, word in zip(created, self._words, strict=True)
        ]
        super().__init__(world, created, modified)
        self.customers = [index for index in range(count) if not self.is_vendor(index)]

    def is_vendor(self, index: int) -> bool:
        """Say whether the contact is a vendor; they are spread evenly."""
        count = self.customer_count + self._vendors
        return (index + 1) * self._vendors // count > index * self._vendors // count

    def contact_id(self, index: int) -> str:
        """Return a contact's id."""
        return str(_FIRST_ID + index * ID_STEP)

    def name(self, index: int) -> str:
        """Return a contact's name, which is unique."""
        kinds = len(_NAMES) * len(_CITIES) * len(_FORMS)
        place, again = (index * 1009) % kinds, index // kinds
        form, in_arabic = _FORMS[place % len(_FORMS)]
        place //= len(_FORMS)
        city = _CITIES[place % len(_CITIES)][in_arabic]
        name = form.format(_NAMES[place // len(_CITIES)][in_arabic], city)
        return f"{name} {again + 1}" if again else name

    def vendor_names(self) -> list[str]:
        """Return the names of the vendors."""
        return [self.name(index) for index in range(self.count) if self.is_vendor(index)][:200]

    def in_dollars(self, index: int) -> bool:
        """Say whether the contact trades in dollars."""
        return self._words[index] >> 8 & 7 == 0

    def terms(self, index: int) -> tuple[int, str]:
        """Return days and label of the payment terms; negative days are Zoho's sentinels."""
        return _TERMS[self._words[index] >> 4 & 7]

    def owed(self, index: int) -> tuple[int, int]:
        """Return what a customer owes and has to his credit, in hundredths of his currency."""
        invoices, notes = self.world.sources.get("invoices"), self.world.sources.get("creditnotes")
        return (
            invoices.balances().get(index, 0) if invoices else 0,
            notes.balances().get(index, 0) if notes else 0,
        )

    def one(self, index: int) -> bytes:  # noqa: D102 - as in the base class
        word = self._words[index]
        vendor = self.is_vendor(index)
        name = self.name(index).encode()
        kind = b"vendor" if vendor else b"customer"
        days, label = self.terms(index)
        dollars = self.in_dollars(index)
        owed, credit = self.owed(index)
        first, last = _PERSON_NAMES[(word >> 12) % len(_PERSON_NAMES)] if word >> 11 & 3 else ("", "")
        phone = b"+9647%09d" % (word >> 16 & 0x1FFFFFFF) if word >> 45 & 7 else b""
        created, modified = stamp(self.created[index]), stamp(self.modified[index])
        city = self.city(index).encode()
        return _ROW % (
            *(_FIRST_ID + index * ID_STEP, name, name, name, name),
            *(b"www.shop%d.example" % index if word >> 46 & 7 == 0 else b"", kind, kind.title()),
            b"inactive" if word & 255 < 10 else b"active",
            *(days, label.encode(), org.setting_id(100 + (word >> 4 & 7)).encode() if days >= 0 else b""),
            (org.USD if dollars else org.IQD).encode(),
            b"USD" if dollars else b"IQD",
            *(money(owed), money(owed * org.DOLLAR if dollars else owed), money(credit)),
            *(first.encode(), last.encode()),
            b"shop%d@mail.example" % index if word >> 48 & 3 else b"",
            *(
                b"+9641%07d" % (word >> 20 & 0x7FFFFF) if word >> 47 & 3 == 0 else b"",
                phone,
                created,
                _slashed(created),
                modified,
                _slashed(modified),
                city,
                city,
            ),
        )

    def city(self, index: int) -> str:
        """Return the English name of a contact's town."""
        place = (index * 1009) % (len(_NAMES) * len(_CITIES) * len(_FORMS))
        return _CITIES[place // len(_FORMS) % len(_CITIES)][0]

    def make_column(self, name: str) -> Sequence[Any]:  # noqa: D102 - as in the base class
        if name == "contact_type":
            return ["vendor" if self.is_vendor(index) else "customer" for index in range(self.count)]
        if name == "status":
            return ["inactive" if word & 255 < 10 else "active" for word in self._words]
        if name == "contact_name":
            return [self.name(index) for index in range(self.count)]
        return super().make_column(name)

    def address(self, index: int, number: int) -> Row:
        """Return a contact's first (billing) or second (shipping) address."""
        word = self._words[index]
        values: Row = dict.fromkeys(_ADDRESS_KEYS, "")
        if number == 0 or word >> 50 & 1:
            values |= {
                "attention": self.name(index),
                "address": f"Street {word >> 52 & 63}, Building {word >> 58 & 31}",
                "street2": "Near the Grand Mosque" if word >> 53 & 3 == 0 else "",
                "city": self.city(index),
                "zip": f"{10001 + (word >> 55 & 63)}" if word >> 54 & 1 else "",
                "state": self.city(index),
                "country": "Iraq",
                "country_code": "IQ",
                "phone": f"+9647{word >> 16 & 0x1FFFFFFF:09}" if word >> 45 & 7 else "",
            }
        values["address_id"] = str(_ADDRESSES + (index * 2 + number) * ID_STEP)
        return values

    def detail(self, index: int, row: Row) -> Row:  # noqa: D102 - as the protocol says
        word = self._words[index]
        lists = self.world.sources.get("pricebooks")
        list_id, list_name = lists.of_customer(word >> 40) if lists and not self.is_vendor(index) else ("", "")
        person = str(_PERSONS + index * ID_STEP)
        has_person = bool(row["first_name"])
        return {
            **dict.fromkeys(_DETAIL_EMPTY, ""),
            **{key: row[key] for key in _DETAIL_KEPT},
            "is_bcy_only_contact": row["currency_code"] == "IQD",
            "is_taxable": True,
            "credit_limit": 5_000_000.0 if self.terms(index)[0] == 45 else "",
            "notes": "يفضل الاتصال بعد الظهر" if word >> 57 & 3 == 0 else "",
            "pricebook_id": list_id,
            "pricebook_name": list_name,
            "contact_category": "",
            "tax_info_list": [],
            "primary_contact_id": person if has_person else "",
            "contact_persons": [_person(person, row)] if has_person else [],
            "billing_address": self.address(index, 0),
            "shipping_address": self.address(index, 1),
            "addresses": [],
            "default_templates": {},
            "documents": [],
            "tags": [],
            "custom_fields": [
                {
                    "field_id": org.setting_id(610),
                    "customfield_id": org.setting_id(610),
                    "api_name": "cf_governorate",
                    "label": "Governorate",
                    "data_type": "dropdown",
                    "value": row["cf_governorate"],
                    "selected_option_id": org.setting_id(611),
                    "index": 1,
                    "is_active": True,
                }
            ],
            "custom_field_hash": {key: row[key] for key in ("cf_governorate", "cf_governorate_unformatted")},
        }


def _person(identifier: str, row: Row) -> Row:
    return {
        "contact_person_id": identifier,
        "salutation": "",
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "email": row["email"],
        "phone": "",
        "mobile": row["mobile"],
        "is_primary_contact": True,
        "is_sms_enabled_for_cp": False,
        "communication_preference": {"is_email_enabled": True, "is_whatsapp_enabled": False},
    }


def _slashed(stamp_bytes: bytes) -> bytes:
    return b"/".join((stamp_bytes[8:10], stamp_bytes[5:7], stamp_bytes[:4]))


def _changed(_row: Row, serial: int) -> Row:
    mobile = f"+9647{800000000 + serial % 100000000:09}"
    return {"mobile": mobile}


CONTACTS = Collection(
    name="contacts",
    record_key="contact",
    id_key="contact_id",
    label="Contact",
    report="Contacts",
    series=_SERIES,
    source=Contacts,
    size=lambda config: config.customers + vendor_count(config.customers),
    scopes={BOOKS: "contacts", INVENTORY: "contacts"},
    sorts=dict.fromkeys(
        (BOOKS, INVENTORY),
        (
            *("contact_name", "first_name", "last_name", "email", "outstanding_receivable_amount"),
            *("created_time", "last_modified_time"),
        ),
    ),
    default_sort=("contact_name", False),
    default_filter={BOOKS: "Status.Active", INVENTORY: "Status.Active"},
    time_filter=frozenset({BOOKS}),
    statuses={"active": ("active",), "inactive": ("inactive",), "duplicate": (), "crm": ()},
    equal=("contact_type", "status", "email", "phone"),
    texts=("contact_name", "company_name", "first_name", "last_name", "email", "phone"),
    search=("contact_name", "company_name"),
    mirrored=("contact_type", "customer"),
    mirrored_size=lambda config: config.customers,
    change=_changed,
)
