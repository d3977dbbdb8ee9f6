/* The scalar code of forecaster/engine/forecasts, line by line, for the study's speed: see compiled.py. */
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { MISSING = -32768, HIGHEST = 32767, M = 8, LEAST = 8, NEIGHBOURS = 60, BUCKETS = 512, SAMPLES = 400, MOST = 16384 };
enum { LAST, ANALOG, ANALOG_CLOCK, HOURS, DAY, WEEK, FORTNIGHT, CLOCK };
typedef int16_t code;
static inline int imax(int a, int b) { return a > b ? a : b; }
static inline int imin(int a, int b) { return a < b ? a : b; }
#define AT(r, n, s) ((r)[(s) % (n)])

static double unit_of(double v) { return exp2(floor(log2(fabs(v) / 8192.0))); }
static code code_of(double v, double unit) {
    if (unit == 0) return 0;
    double c = rint(v / unit);
    return (code)(c > HIGHEST ? HIGHEST : c < -HIGHEST ? -HIGHEST : c);
}
static double level(const code *r, int n, int64_t s) {
    double total = 0; int count = 0;
    for (int b = 0; b < 3; b++) { code c = AT(r, n, s - b); if (c != MISSING) { total += c; count++; } }
    return count ? total / count : NAN;
}
static int newest(const code *r, int n, int64_t s, int64_t oldest) {
    for (; s >= oldest; s--) if (AT(r, n, s) != MISSING) return AT(r, n, s);
    return MISSING;
}
static void sort(float *a, int n) {
    while (n > 24) {
        float p = a[n / 2], lo = a[0], hi = a[n - 1];
        p = p < lo ? (lo < hi ? lo : (p < hi ? hi : p)) : (p < hi ? p : (lo < hi ? hi : lo));
        int i = 0, j = n - 1;
        for (;;) {
            while (a[i] < p) i++;
            while (a[j] > p) j--;
            if (i >= j) break;
            float t = a[i]; a[i++] = a[j]; a[j--] = t;
        }
        int left = j + 1;
        if (left <= 0 || left >= n) break;
        if (left < n - left) { sort(a, left); a += left; n -= left; } else { sort(a + left, n - left); n = left; }
    }
    for (int i = 1; i < n; i++) { float t = a[i]; int j = i; for (; j > 0 && a[j - 1] > t; j--) a[j] = a[j - 1]; a[j] = t; }
}
static void take(float *v, int n, const double *qs, int nq, double *out) {
    if (n < LEAST) { for (int q = 0; q < nq; q++) out[q] = NAN; return; }
    sort(v, n);
    for (int q = 0; q < nq; q++) {
        double place = (n - 1) * qs[q]; int lo = (int)place, hi = imin(lo + 1, n - 1);
        out[q] = v[lo] + (place - lo) * (v[hi] - v[lo]);
    }
}
static int window(const code *r, int n, int64_t origin, int64_t oldest, int length, float *out) {
    int count = 0, stride = 1 + length / SAMPLES;
    int64_t end = origin - length > oldest - 1 ? origin - length : oldest - 1;
    for (int64_t at = origin; at > end; at -= stride) { code c = AT(r, n, at); if (c != MISSING) out[count++] = c; }
    return count;
}
static int changes(const code *r, int n, int64_t origin, int64_t oldest, int ahead, int day, float *out) {
    int last = newest(r, n, origin, oldest), count = 0;
    if (last == MISSING) return 0;
    int stride = 1 + 7 * day / SAMPLES, known = imin(ahead, 7 * day);
    int64_t end = origin - 7 * day > oldest + known - 1 ? origin - 7 * day : oldest + known - 1;
    for (int64_t at = origin; at > end; at -= stride) {
        code now = AT(r, n, at), then = AT(r, n, at - known);
        if (now != MISSING && then != MISSING) out[count++] = last + ((double)now - then) * ahead / known;
    }
    return count;
}
static int same_clock(const code *r, int n, int64_t origin, int64_t oldest, int ahead, int day, float *out) {
    int reach = day > 24 ? imax(1, day / 72) : 0, count = 0;
    int64_t nearest = origin + ahead - (int64_t)day * ((ahead + day - 1) / day);
    for (int b = 0; b < (reach ? 7 : 14); b++)
        for (int off = -reach; off <= reach; off++) {
            int64_t at = nearest - day * b + off;
            if (at >= oldest && at <= origin && AT(r, n, at) != MISSING) out[count++] = AT(r, n, at);
        }
    return count;
}
typedef struct { int64_t found[MOST]; int order[2][MOST]; double far[2][MOST]; float room[MOST]; } scratch;
static scratch S;
static int candidates(const code *r, int n, int64_t origin, int64_t oldest, int day, double scale) {
    double now = level(r, n, origin), hour = day / 24.0;
    int count = 0, stride = imax(1, day / 57);
    if (isnan(now)) return 0;
    for (int64_t at = origin - stride; at > oldest + 1; at -= stride)
        if (AT(r, n, at) != MISSING) {
            int off = (origin - at) % day;
            S.found[count] = at;
            S.far[0][count] = fabs(level(r, n, at) - now) / scale;
            S.far[1][count] = S.far[0][count] + 0.25 * imin(off, day - off) / hour;
            count++;
        }
    return count;
}
static void rank(const double *far, int count, int *order) {
    int bins[BUCKETS + 1]; double per = (BUCKETS - 1) / 2.56;
    memset(bins, 0, sizeof bins);
    for (int i = 0; i < count; i++) bins[(int)(fmin(far[i], 2.56) * per) + 1]++;
    for (int b = 0; b < BUCKETS; b++) bins[b + 1] += bins[b];
    for (int i = 0; i < count; i++) order[bins[(int)(fmin(far[i], 2.56) * per)]++] = i;
}
static int followed(const code *r, int n, int64_t origin, int ahead, const int *order, int count) {
    int taken = 0;
    for (int i = 0; i < count && taken < NEIGHBOURS; i++) {
        int64_t then = S.found[order[i]] + ahead;
        if (then <= origin && AT(r, n, then) != MISSING) S.room[taken++] = AT(r, n, then);
    }
    return taken;
}
static void speak(const code *r, int n, int64_t origin, int64_t oldest, const int64_t *ahead, int na, int day,
                  const double *qs, int nq, double *out) {
    float *room = S.room;
    int all = window(r, n, origin, oldest, n, room);
    take(room, all, qs, nq, out + FORTNIGHT * nq);
    double scale = 1;
    if (all >= LEAST) scale = fmax((room[(int)(.95 * (all - 1))] - room[(int)(.05 * (all - 1))]) / 2.0, 1.0);
    int count = candidates(r, n, origin, oldest, day, scale);
    for (int i = 0; i < 2; i++) rank(S.far[i], count, S.order[i]);
    take(room, window(r, n, origin, oldest, imax(LEAST, day / 8), room), qs, nq, out + HOURS * nq);
    take(room, window(r, n, origin, oldest, day, room), qs, nq, out + DAY * nq);
    take(room, window(r, n, origin, oldest, 7 * day, room), qs, nq, out + WEEK * nq);
    for (int a = 0; a < na; a++) {
        double *said = out + a * M * nq; int k = ahead[a];
        if (a) memcpy(said + HOURS * nq, out + HOURS * nq, 4 * nq * sizeof *out);
        take(room, changes(r, n, origin, oldest, k, day, room), qs, nq, said + LAST * nq);
        take(room, followed(r, n, origin, k, S.order[0], count), qs, nq, said + ANALOG * nq);
        take(room, followed(r, n, origin, k, S.order[1], count), qs, nq, said + ANALOG_CLOCK * nq);
        take(room, same_clock(r, n, origin, oldest, k, day, room), qs, nq, said + CLOCK * nq);
    }
}
/* Every member's quantiles (rows, ahead, members, quantiles) in the series' own units: for the choice of weights. */
void speak_all(const code *ring, int rows, int n, const double *unit, int64_t slot, const int64_t *ahead, int na, int day,
               const double *qs, int nq, double *out) {
    for (int64_t i = 0, size = (int64_t)na * M * nq; i < rows; i++) {
        speak(ring + i * n, n, slot, slot - n + 1, ahead, na, day, qs, nq, out + i * size);
        for (int64_t j = 0; j < size; j++) out[i * size + j] *= unit[i];
    }
}
static double said_room[8640 * 4];
static void rescale(code *r, int n, double times) {
    for (int s = 0; s < n; s++) if (r[s] != MISSING) r[s] = (code)rint(r[s] / times);
}
void remember_all(code *ring, int rows, int n, double *unit, double *last, double *loss, int nloss, const double *values,
                  int64_t slot, int begins, int day) {
    for (int i = 0; i < rows; i++) {
        code *r = ring + (int64_t)i * n; double v = values[i], before = unit[i];
        if (begins) AT(r, n, slot) = MISSING;
        if (day) {
            int most = 0;
            for (int s = 0; s < n; s++) if (r[s] != MISSING) most = imax(most, r[s] < 0 ? -r[s] : r[s]);
            if (most && most <= 4096) { rescale(r, n, .5); unit[i] /= 2; }
        }
        if (isfinite(v)) {
            if (unit[i] == 0 && v != 0) unit[i] = unit_of(v);
            if (fabs(v) > HIGHEST * unit[i]) { rescale(r, n, 2); unit[i] *= 2; }
            AT(r, n, slot) = code_of(v, unit[i]);
            last[i] = v;
        }
        if (before != 0 && before != unit[i]) for (int m = 0; m < nloss; m++) loss[i * nloss + m] *= before / unit[i];
    }
}
void judge_all(const code *ring, int rows, int n, const int64_t *turn, int every, int64_t slot, int day,
               const int64_t *ahead, int na, const double *levels, int nl, double *loss, double *judged) {
    for (int i = 0; i < rows; i++) {
        if ((slot + turn[i]) % every) continue;
        const code *r = ring + (int64_t)i * n; int64_t origin = slot - ahead[na - 1];
        if (origin < 0 || AT(r, n, origin) == MISSING) continue;
        speak(r, n, origin, slot - n + 1, ahead, na, day, levels, nl, said_room);
        for (int a = 0; a < na; a++) {
            code value = AT(r, n, origin + ahead[a]);
            if (value == MISSING) continue;
            double *l = loss + (i * na + a) * M, *j = judged + i * na + a, most = 1;
            for (int m = 0; m < M; m++) most = fmax(most, l[m]);
            most = *j > 6 ? 8 * most : INFINITY;
            double rate = fmax(1 / (*j + 1), 1 / 28.0);
            *j += 1;
            for (int m = 0; m < M; m++) {
                double off = 0;
                for (int q = 0; q < nl; q++) {
                    double e = value - said_room[(a * M + m) * nl + q];
                    off += e >= 0 ? levels[q] * e : (levels[q] - 1) * e;
                }
                if (!isnan(off)) l[m] += rate * (fmin(off, most) - l[m]);
            }
        }
    }
}
static int between(const double *knots, int n, double at, double *share) {
    int low = 0;
    while (low < n - 2 && knots[low + 1] <= at) low++;
    *share = fmin(fmax((at - knots[low]) / (knots[low + 1] - knots[low]), 0), 1);
    return low;
}
static double pooled(const double *said, int stride, const double *w) {
    double total = 0, mean = 0;
    for (int m = 0; m < M; m++) if (!isnan(said[m * stride])) { total += w[m]; mean += w[m] * said[m * stride]; }
    if (total == 0) return NAN;
    for (int m = 0; m < M; m++) {
        double agree = 0;
        for (int o = 0; o < M; o++) if (said[o * stride] == said[m * stride]) agree += w[o];
        if (2 * agree >= total) return said[m * stride];
    }
    return mean / total;
}
void ask_all(const code *ring, int rows, int n, const double *unit, const double *last, int64_t slot, const int64_t *ahead,
             int na, int day, const double *qs, int nq, const double *knots, int nk, const double *levels, int nl,
             const double *prior, const double *width, const double *learned, int nj, const double *loss,
             const double *judged, double eta, double *out) {
    for (int i = 0; i < rows; i++) {
        const code *r = ring + (int64_t)i * n;
        int64_t oldest = slot - n + 1;
        int newest_code = newest(r, n, slot, oldest);
        int exact = newest_code != MISSING && newest_code < HIGHEST && newest_code > -HIGHEST && newest_code == code_of(last[i], unit[i]);
        speak(r, n, slot, oldest, ahead, na, day, qs, nq, said_room);
        for (int a = 0; a < na; a++) {
            double far, share, at = log2(ahead[a] * 288.0 / day), own[M], w[M], least = INFINITY;
            double *row = out + ((int64_t)i * na + a) * nq;
            int k = between(knots, nk, at, &far), j = between(learned, nj, at, &share);
            j += share >= .5;
            const double *l = loss + (i * nj + j) * M;
            for (int m = 0; m < M; m++) least = fmin(least, l[m]);
            double sure = fmin(judged[i * nj + j], 12) / 12;
            for (int m = 0; m < M; m++) own[m] = exp(-eta * sure * fmin((l[m] - least) / (least + 1), 15));
            int middle = 0;
            for (int q = 0; q < nq; q++) {
                double part; int v = between(levels, nl, qs[q], &part);
                for (int m = 0; m < M; m++) {
                    const double *p = prior + (k * nl + v) * M + m, *p2 = p + nl * M;
                    w[m] = own[m] * ((1 - far) * ((1 - part) * p[0] + part * p[M]) + far * ((1 - part) * p2[0] + part * p2[M]));
                }
                double value = pooled(said_room + a * M * nq + q, nq, w);
                row[q] = !isnan(value) ? value : newest_code != MISSING ? newest_code : NAN;
                if (fabs(qs[q] - .5) < fabs(qs[middle] - .5)) middle = q;
            }
            double centre = row[middle], wide = (1 - far) * width[k] + far * width[k + 1];
            for (int q = 0; q < nq; q++) row[q] = centre + wide * (row[q] - centre);
            for (int q = 1; q < nq; q++) row[q] = fmax(row[q], row[q - 1]);
            for (int q = 0; q < nq; q++) row[q] = exact && row[q] == newest_code ? last[i] : row[q] * unit[i];
        }
    }
}
