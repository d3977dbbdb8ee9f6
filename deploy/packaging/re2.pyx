# distutils: language = c++
# cython: language_level=3
"""What the matchers use of google-re2, over the RE2 library: for distributions that have it without its Python package.

It is installed beside the forecaster, in its own folder.
"""

from libc.stdint cimport int64_t
from libcpp cimport bool
from libcpp.string cimport string


cdef extern from "re2/re2.h" namespace "re2" nogil:
    cdef cppclass _Options "re2::RE2::Options":
        void set_max_mem(int64_t)
        void set_dot_nl(bool)
        void set_log_errors(bool)

    cdef cppclass _RE2 "re2::RE2":
        _RE2(const string&, const _Options&) except +
        bool ok()
        const string& error()

    bool _full_match "re2::RE2::FullMatch"(const string&, const _RE2&)


class error(ValueError):
    """What is no regular expression, and why."""


class Options:
    """How an expression is compiled: bytes of memory, whether a dot matches a line end, whether errors are logged."""

    def __init__(self):
        self.max_mem, self.dot_nl, self.log_errors = 8 << 20, False, True


cdef class Expression:
    """A compiled expression."""

    cdef _RE2* _compiled

    def __cinit__(self, bytes pattern, options):
        cdef _Options given
        given.set_max_mem(options.max_mem)
        given.set_dot_nl(options.dot_nl)
        given.set_log_errors(options.log_errors)
        self._compiled = new _RE2(pattern, given)

    def __dealloc__(self):
        del self._compiled

    def fullmatch(self, bytes text):
        """Whether all of the text matches: True, or None."""
        return True if _full_match(text, self._compiled[0]) else None


def compile(bytes pattern, options):
    """The compiled expression; `error` for what is none."""
    made = Expression(pattern, options)
    if not (<Expression>made)._compiled.ok():
        raise error((<Expression>made)._compiled.error().decode(errors="replace"))
    return made
