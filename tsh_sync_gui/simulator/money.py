"""Money in hundredths, so that made-up documents add up exactly."""

from tsh_sync_gui.simulator.organization import DOLLAR, TAX_PERCENT


def money(hundredths: int) -> bytes:
    """Return an amount as Zoho writes it: a number with a decimal point."""
    if hundredths < 0:
        return b"-" + money(-hundredths)
    whole, rest = divmod(hundredths, 100)
    if rest % 10:
        return b"%d.%02d" % (whole, rest)
    return b"%d.%d" % (whole, rest // 10)


def number(hundredths: int) -> float:
    """Return an amount as a number, exact in two decimals."""
    return hundredths / 100


def taxed(hundredths: int) -> int:
    """Return the tax on an amount, rounded half up."""
    return (hundredths * TAX_PERCENT + 50) // 100


def in_dollars(hundredths: int) -> int:
    """Return dinars as dollars, rounded half up."""
    return (hundredths * 2 + DOLLAR) // (2 * DOLLAR)
