"""Which payments pay which invoices, worked out from positions alone, so that all replies agree.

Invoices come in groups of one customer: of every eight, three stand alone, two belong together, and so do three.
Of every eight groups six are paid, one is not, and one has a credit note.
"""

from collections.abc import Sequence

_GROUP_OF = (0, 1, 2, 3, 3, 4, 4, 4)
_MEMBERS = ((0,), (1,), (2,), (3, 4), (5, 6, 7))
_PAID_GROUPS = 6
_CREDIT_GROUP = 7


class Billing:
    """The ties between *invoices* invoices and *payments* payments."""

    def __init__(self, invoices: int, payments: int) -> None:
        self._invoices = invoices
        self._payments = payments
        groups = self.group(invoices - 1) + 1 if invoices else 0
        blocks, rest = divmod(groups, 8)
        self._payable = blocks * _PAID_GROUPS + min(rest, _PAID_GROUPS)
        self.payments = payments if self._payable else 0

    def group(self, invoice: int) -> int:
        """Return the group an invoice belongs to."""
        return invoice // 8 * 5 + _GROUP_OF[invoice % 8]

    def members(self, group: int) -> Sequence[int]:
        """Return the invoices of a group."""
        first = group // 5 * 8
        return [first + place for place in _MEMBERS[group % 5] if first + place < self._invoices]

    def paid_by(self, group: int) -> range:
        """Return the payments for a group."""
        block, place = divmod(group, 8)
        if place >= _PAID_GROUPS or not self.payments:
            return range(0)
        number = block * _PAID_GROUPS + place
        return range(-(-number * self._payments // self._payable), -(-(number + 1) * self._payments // self._payable))

    def pays(self, payment: int) -> int:
        """Return the group that a payment pays."""
        block, place = divmod(payment * self._payable // self._payments, _PAID_GROUPS)
        return block * 8 + place

    def credit_number(self, group: int) -> int | None:
        """Return the credit note given to a group."""
        return group // 8 if group % 8 == _CREDIT_GROUP else None

    def credited(self, credit_note: int) -> int | None:
        """Return the invoice that a credit note belongs to."""
        members = self.members(credit_note * 8 + _CREDIT_GROUP)
        return members[0] if members else None
