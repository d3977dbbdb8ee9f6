# The pairs of search_kernel.py: numbers that C computes with two at a time, in one register of any x86-64 or
# aarch64. To Cython a pair is a double, of which it writes the arithmetic as it stands. Interpreted, pairs.py
# says the same.
cdef extern from *:
    """
    typedef double Pair __attribute__((vector_size(16)));
    typedef double PairInMemory __attribute__((vector_size(16), aligned(8), may_alias));
    typedef long long PairOfBits __attribute__((vector_size(16)));
    #define pair_at(view, at) ((Pair)*(const PairInMemory *)((double *)(view).data + (at)))
    #define put_pair(view, at, pair) (*(PairInMemory *)((double *)(view).data + (at)) = (pair))
    static inline Pair twice(double number) { return (Pair){number, number}; }
    static inline Pair where_seen(Pair value, Pair pair) {
        return (Pair)((PairOfBits)(value == value) & (PairOfBits)pair);
    }
    """
    ctypedef double Pair
    Pair pair_at(double[::1] view, Py_ssize_t at) noexcept nogil
    void put_pair(double[::1] view, Py_ssize_t at, Pair pair) noexcept nogil
    Pair twice(double number) noexcept nogil
    Pair where_seen(Pair value, Pair pair) noexcept nogil
