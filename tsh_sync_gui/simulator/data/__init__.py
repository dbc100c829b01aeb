"""The lists of the organization, one module each, in the order in which they need one another."""

from tsh_sync_gui.simulator.collection import Collection
from tsh_sync_gui.simulator.data.contacts import CONTACTS
from tsh_sync_gui.simulator.data.creditnotes import CREDIT_NOTES
from tsh_sync_gui.simulator.data.customerpayments import CUSTOMER_PAYMENTS
from tsh_sync_gui.simulator.data.invoices import INVOICES
from tsh_sync_gui.simulator.data.items import ITEMS
from tsh_sync_gui.simulator.data.pricebooks import PRICEBOOKS
from tsh_sync_gui.simulator.data.salesorders import SALES_ORDERS

COLLECTIONS: tuple[Collection, ...] = (
    CONTACTS,
    ITEMS,
    PRICEBOOKS,
    SALES_ORDERS,
    INVOICES,
    CUSTOMER_PAYMENTS,
    CREDIT_NOTES,
)
