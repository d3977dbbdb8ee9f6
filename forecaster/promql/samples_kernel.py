"""The loop over the samples of a range query's answer, compiled as the kernels of the engine are.

Python's objects for each sample take several times as long, and nothing else can run meanwhile. `strtod`
of the C library is declared in the .pxd file beside.
"""

from __future__ import annotations

import cython

_NAN = cython.declare(cython.double, float("nan"))
_INF = cython.declare(cython.double, float("inf"))
_EXACT = cython.declare(cython.longlong, 1 << 53)  # a double holds every whole number up to this one
_SHORT = cython.declare(cython.Py_ssize_t, 18)  # digits and a point that surely fit into 64 bits


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _is_digit(mark: cython.uchar) -> cython.bint:
    return 48 <= mark <= 57


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _special(text: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.double:
    """NaN or +Inf for `NaN` or `Inf`; 0 otherwise."""
    if text[at] == 78 and text[at + 1] == 97 and text[at + 2] == 78:
        return _NAN
    return _INF if text[at] == 73 and text[at + 1] == 110 and text[at + 2] == 102 else 0.0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _rounded(
    text: cython.const[cython.uchar][::1], first: cython.Py_ssize_t, end: cython.Py_ssize_t
) -> cython.double:
    """The decimal number in [first, end), rounded to the nearest double."""
    if cython.compiled:
        return strtod(cython.cast(cython.p_char, cython.address(text[first])), cython.NULL)  # noqa: F821
    return float(bytes(text[first:end]))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _value(
    text: cython.const[cython.uchar][::1], first: cython.Py_ssize_t, end: cython.Py_ssize_t
) -> cython.double:
    """The decimal number in [first, end), rounded to the nearest double.

    Where its digits and the power of ten are exact, one division rounds once (Clinger 1990).
    """
    whole: cython.longlong = 0
    power: cython.double = 1.0
    ten: cython.double = 1.0  # what a digit adds to the power
    at: cython.Py_ssize_t
    if end - first > _SHORT:
        return _rounded(text, first, end)
    for at in range(first, end):
        if text[at] == 46:
            ten = 10.0
        elif _is_digit(text[at]):
            whole = whole * 10 + (text[at] - 48)
            power *= ten
        else:
            return _rounded(text, first, end)
    return whole / power if whole <= _EXACT else _rounded(text, first, end)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _after_digits(text: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.Py_ssize_t:
    while _is_digit(text[at]):
        at += 1
    return at


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _after(text: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Where the decimal number without a sign that begins there ends; -1: there is none."""
    end = _after_digits(text, at)
    if end > at and text[end] == 46:
        at = end + 1
        end = _after_digits(text, at)
    if end > at and (text[end] == 101 or text[end] == 69):
        at = end + 1
        if text[at] == 45 or text[at] == 43:
            at += 1
        end = _after_digits(text, at)
    return end if end > at else -1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _number(
    text: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    out: cython.double[::1],
    place: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Put the decimal number, NaN or infinity that begins there into its place; where it ends, -1: none."""
    sign: cython.double = -1.0 if text[at] == 45 else 1.0
    if text[at] == 45 or text[at] == 43:
        at += 1
    if _is_digit(text[at]):
        end = _after(text, at)
        if end >= 0:
            out[place] = sign * _value(text, at, end)
        return end
    value = _special(text, at)
    out[place] = sign * value
    return at + 3 if value != 0.0 else -1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _sample(
    text: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    times: cython.double[::1],
    values: cython.double[::1],
    place: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Put the sample `[time,"value"]` that begins there into its place; where it ends, -1: there is none."""
    if text[at] != 91 or not (_is_digit(text[at + 1]) or text[at + 1] == 45):
        return -1
    at = _number(text, at + 1, times, place)
    if at < 0 or text[at] != 44 or text[at + 1] != 34:
        return -1
    at = _number(text, at + 2, values, place)
    return at + 2 if at >= 0 and text[at] == 34 and text[at + 1] == 93 else -1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _lists(
    text: cython.const[cython.uchar][::1],
    begins: cython.Py_ssize_t[::1],
    times: cython.double[::1],
    values: cython.double[::1],
    counts: cython.Py_ssize_t[::1],
) -> cython.bint:
    i: cython.Py_ssize_t
    place: cython.Py_ssize_t = 0
    for i in range(begins.shape[0]):
        at = begins[i]
        before = place
        while True:
            at = _sample(text, at, times, values, place)
            if at < 0:
                return False
            place += 1
            if text[at] != 44:
                break
            at += 1
        if text[at] != 93:
            return False
        counts[i] = place - before
    return True


def read(
    text: cython.const[cython.uchar][::1],
    begins: cython.Py_ssize_t[::1],
    times: cython.double[::1],
    values: cython.double[::1],
    counts: cython.Py_ssize_t[::1],
) -> cython.bint:
    """Read lists of samples `[1700000100,"0.5"],[1700000400,"0.7"]]`, one from each of the places on where
    the first sample `begins`. Behind each place there is a `]]`.

    Times and values are those of all lists, one after the other; `counts` are the samples of each. False
    where something else is found.
    """
    whole: cython.bint
    with cython.nogil:
        whole = _lists(text, begins, times, values, counts)
    return whole
