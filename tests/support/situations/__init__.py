"""What goes wrong in a fleet, done for real: a row says what is done, which alerts it makes, how it ends."""

from __future__ import annotations

from situations import guests, programs, storage, vms

SITUATIONS = (*vms.ROWS, *guests.ROWS, *storage.ROWS, *programs.ROWS)
