cdef extern from "stdlib.h" nogil:
    double strtod(const char *text, char **end)
