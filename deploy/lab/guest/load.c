/* The loads of a lab guest: one thread per kind, told what to do by lines such as
 *
 *     disk_fill,kib_per_second=512,after_seconds=10,disk=data
 *     stop,disk_fill
 *     ping
 *
 * which come from the kernel's command line (virtcast.load=LINE) and later from the virtio port named in argv[1],
 * where each is answered by "ok" or "error". A new line of a kind replaces the one before. See workload.py.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/ip_icmp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CPU_LOAD, CPU_CYCLE, CPU_BURST, MEMORY_LEAK, DISK_FILL, DIRTY_PAGES, NETWORK_TRAFFIC, KINDS };
static const char *const kind_names[KINDS] = {
    "cpu_load", "cpu_cycle", "cpu_burst", "memory_leak", "disk_fill", "dirty_pages", "network_traffic",
};

/* Every parameter of every kind; absent ones are 0. */
struct load {
    int active, generation;
    double started;
    double percent, low_percent, high_percent, period_seconds, phase_seconds, after_seconds, seconds;
    double kib_per_second, bound_kib, repeat, mib_per_second, buffer_mib;
    char disk[32];
};

static const struct {
    const char *name;
    size_t offset;
} parameters[] = {
#define PARAMETER(name) {#name, offsetof(struct load, name)}
    PARAMETER(percent),        PARAMETER(low_percent),    PARAMETER(high_percent),  PARAMETER(period_seconds),
    PARAMETER(phase_seconds),  PARAMETER(after_seconds),  PARAMETER(seconds),       PARAMETER(kib_per_second),
    PARAMETER(bound_kib),      PARAMETER(repeat),         PARAMETER(mib_per_second), PARAMETER(buffer_mib),
};

static struct load loads[KINDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static double now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void rest(double seconds) {
    struct timespec t = {(time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9)};
    if (seconds > 0) nanosleep(&t, NULL);
}

/* A copy of what one kind is told to do; waits until it is told anything. */
static struct load orders(int kind) {
    pthread_mutex_lock(&lock);
    while (!loads[kind].active) pthread_cond_wait(&changed, &lock);
    struct load copy = loads[kind];
    pthread_mutex_unlock(&lock);
    return copy;
}

static int still(int kind, const struct load *order) {
    pthread_mutex_lock(&lock);
    int same = loads[kind].active && loads[kind].generation == order->generation;
    pthread_mutex_unlock(&lock);
    return same;
}

/* Seconds since the load began to work; negative while it waits. */
static double age(const struct load *order) { return now(CLOCK_MONOTONIC) - order->started - order->after_seconds; }

/* ---- CPU: short busy slices, then sleep ------------------------------------------------------------------------- */

static const double SLICE = 0.1;

static double cpu_share(void) {
    double percent = 0;
    pthread_mutex_lock(&lock);
    while (!loads[CPU_LOAD].active && !loads[CPU_CYCLE].active && !loads[CPU_BURST].active)
        pthread_cond_wait(&changed, &lock);
    const struct load *cycle = &loads[CPU_CYCLE], *burst = &loads[CPU_BURST];
    if (loads[CPU_LOAD].active) percent = loads[CPU_LOAD].percent;
    if (cycle->active) {
        double turn = (now(CLOCK_REALTIME) - cycle->phase_seconds) / cycle->period_seconds;
        percent += cycle->low_percent + (cycle->high_percent - cycle->low_percent) * (1 - cos(2 * M_PI * turn)) / 2;
    }
    if (burst->active && age(burst) >= 0) percent = fmax(percent, burst->percent);
    if (burst->active && age(burst) >= burst->seconds) loads[CPU_BURST].active = 0;
    pthread_mutex_unlock(&lock);
    return fmin(percent, 100) / 100;
}

static void *cpu(void *unused) {
    for (;;) {
        double busy = SLICE * cpu_share(), begin = now(CLOCK_MONOTONIC);
        volatile double sink = 1;
        while (now(CLOCK_MONOTONIC) - begin < busy)
            for (int i = 0; i < 2000; i++) sink = sink * 1.0000001;
        rest(begin + SLICE - now(CLOCK_MONOTONIC));
    }
    return unused;
}

/* ---- Memory: allocate and touch --------------------------------------------------------------------------------- */

static const double TICK = 0.25;

static void *memory_leak(void *unused) {
    for (;;) {
        struct load order = orders(MEMORY_LEAK);
        size_t held = 0, bound = (size_t)order.bound_kib << 10, page = 4096;
        char *area = mmap(NULL, bound, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        double begin = 0;
        if (area == MAP_FAILED) bound = 0;
        for (; still(MEMORY_LEAK, &order); rest(TICK)) {
            double target = (age(&order) - begin) * order.kib_per_second * 1024;
            while (held < bound && held < target) area[held] = 1, held += page;
            if (held >= bound && order.repeat && bound) {
                madvise(area, bound, MADV_DONTNEED);
                held = 0, begin = age(&order);
            }
        }
        if (bound) munmap(area, bound);
    }
    return unused;
}

static void *dirty_pages(void *unused) {
    for (;;) {
        struct load order = orders(DIRTY_PAGES);
        size_t size = (size_t)(order.buffer_mib * 256) * 4096, at = 0;
        char *area = size ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;
        size_t step = (size_t)(order.mib_per_second * SLICE * 256) * 4096;
        for (unsigned stamp = 1; still(DIRTY_PAGES, &order); rest(SLICE), stamp++)
            for (size_t done = 0; area != MAP_FAILED && age(&order) >= 0 && done < step; done += 4096) {
                *(volatile unsigned *)(area + at) = stamp;
                at = (at + 4096) % size;
            }
        if (area != MAP_FAILED) munmap(area, size);
    }
    return unused;
}

/* ---- Disk: append and sync -------------------------------------------------------------------------------------- */

static void fill(const struct load *order, const char *path) {
    static char block[4096];
    double begin = fmax(age(order), 0), bound = order->bound_kib ? order->bound_kib * 1024 : INFINITY, written = 0;
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644), full = 0;
    memset(block, 'x', sizeof block);
    for (; still(DISK_FILL, order); rest(TICK)) {
        double target = fmin(bound, (age(order) - begin) * order->kib_per_second * 1024);
        int grown = 0;
        while (!full && written + sizeof block <= target) {
            if (write(file, block, sizeof block) == (ssize_t)sizeof block) written += sizeof block, grown = 1;
            else full = errno == ENOSPC || errno == EBADF;
        }
        if (grown) fsync(file);
        if ((full || written + sizeof block > bound) && order->repeat) break;
    }
    if (file >= 0) close(file);
}

static void *disk_fill(void *unused) {
    for (;;) {
        struct load order = orders(DISK_FILL);
        char path[64];
        snprintf(path, sizeof path, "/%s/fill", order.disk);
        fill(&order, path);
        /* Stopped loads leave their file, as an ordinary writer would; a repeating one starts anew. */
        if (still(DISK_FILL, &order)) {
            unlink(path);
            rest(TICK);
        }
    }
    return unused;
}

/* ---- Network: ICMP echo to the bridge, whose kernel answers in kind --------------------------------------------- */

static void *network_traffic(void *unused) {
    static char packet[1024], reply[2048];
    struct sockaddr_in bridge = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a4d0001) /* 10.77.0.1 */};
    struct icmphdr *header = (struct icmphdr *)packet;
    int raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    header->type = ICMP_ECHO;
    header->checksum = (unsigned short)~htons(ICMP_ECHO << 8); /* all else is zero */
    for (;;) {
        struct load order = orders(NETWORK_TRAFFIC);
        double sent = 0;
        for (double begin = fmax(age(&order), 0); still(NETWORK_TRAFFIC, &order); rest(SLICE)) {
            double target = (age(&order) - begin) * order.kib_per_second * 1024;
            if (target - sent > order.kib_per_second * 1024) sent = target - order.kib_per_second * 1024;
            for (; sent < target; sent += sizeof packet) {
                sendto(raw, packet, sizeof packet, 0, (struct sockaddr *)&bridge, sizeof bridge);
                while (recv(raw, reply, sizeof reply, MSG_DONTWAIT) > 0) continue;
            }
        }
    }
    return unused;
}

/* ---- Orders ----------------------------------------------------------------------------------------------------- */

static int kind_of(const char *name) {
    for (int kind = 0; name && kind < KINDS; kind++)
        if (!strcmp(name, kind_names[kind])) return kind;
    return -1;
}

static int set_parameter(struct load *order, char *assignment) {
    char *value = strchr(assignment, '=');
    if (!value) return 0;
    *value++ = 0;
    if (!strcmp(assignment, "disk")) return snprintf(order->disk, sizeof order->disk, "%s", value) > 0;
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        if (!strcmp(assignment, parameters[i].name)) {
            *(double *)((char *)order + parameters[i].offset) = strtod(value, NULL);
            return 1;
        }
    return 0;
}

/* Carries out one line; false if it is not understood. */
static int obey(char *line) {
    char *rest_of_line = NULL, *word = strtok_r(line, ",", &rest_of_line);
    struct load order = {.started = now(CLOCK_MONOTONIC)};
    if (word && !strcmp(word, "ping")) return 1;
    int active = !(word && !strcmp(word, "stop"));
    int kind = kind_of(active ? word : strtok_r(NULL, ",", &rest_of_line));
    if (kind < 0) return 0;
    while ((word = strtok_r(NULL, ",", &rest_of_line)))
        if (!set_parameter(&order, word)) return 0;
    pthread_mutex_lock(&lock);
    order.active = active;
    order.generation = loads[kind].generation + 1;
    loads[kind] = order;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return 1;
}

static void obey_command_line(void) {
    static char text[4096];
    FILE *file = fopen("/proc/cmdline", "r");
    if (file && fgets(text, sizeof text, file)) {
        char *position = NULL;
        for (char *word = strtok_r(text, " \n", &position); word; word = strtok_r(NULL, " \n", &position))
            if (!strncmp(word, "virtcast.load=", 14) && !obey(word + 14)) fprintf(stderr, "not understood: %s\n", word);
    }
    if (file) fclose(file);
}

static void obey_port(const char *path) {
    char line[256];
    size_t length = 0;
    int port = open(path, O_RDWR);
    for (;;) {
        /* With nobody at the other end a read returns 0 at once. */
        if (port < 0 || read(port, line + length, 1) != 1) {
            rest(0.2);
        } else if (line[length] == '\n') {
            line[length] = 0;
            length = 0;
            const char *answer = obey(line) ? "ok\n" : "error\n";
            if (write(port, answer, strlen(answer)) < 0) rest(0.2);
        } else if (length < sizeof line - 1) {
            length++;
        }
    }
}

int main(int count, char **arguments) {
    void *(*const threads[])(void *) = {memory_leak, dirty_pages, disk_fill, network_traffic};
    pthread_t thread;
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) pthread_create(&thread, NULL, threads[i], NULL);
    for (long i = sysconf(_SC_NPROCESSORS_ONLN); i > 0; i--) pthread_create(&thread, NULL, cpu, NULL);
    obey_command_line();
    obey_port(count > 1 ? arguments[1] : "/dev/null");
}
