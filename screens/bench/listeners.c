/* Ten thousand connected screens that only listen: counts state frames, answers pings, says when the last one came.
 *
 *   listeners FDS CORE
 *
 * FDS is a file of inherited descriptors, one a line, whose handshakes are done and whose streams stand at the start of
 * a frame. For every line "COUNT LEAST MOST" on stdin it prints "done COUNT LAST_NS FIRST_NS P99_NS" (CLOCK_MONOTONIC)
 * when so many text frames of LEAST to MOST bytes of payload have come since the line; P99_NS is when 99 of 100 were in.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

struct stream { uint64_t left; unsigned char head[10]; int have; };

static struct stream streams[1 << 16];
static long wanted, seen;
static uint64_t least, most;
static int64_t first, near;

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int head_size(const struct stream *s) {
    if (s->have < 2) return 2;
    int code = s->head[1] & 127;
    return code == 126 ? 4 : code == 127 ? 10 : 2;
}

static uint64_t body_size(const struct stream *s) {
    int code = s->head[1] & 127;
    uint64_t size = 0;
    if (code < 126) return code;
    for (int i = 2; i < (code == 126 ? 4 : 10); i++) size = size << 8 | s->head[i];
    return size;
}

static void framed(int fd, struct stream *s) {
    static const unsigned char pong[] = {0x8a, 0x80, 0, 0, 0, 0};
    int kind = s->head[0] & 15;
    s->left = body_size(s);
    s->have = 0;
    if (kind == 9 && write(fd, pong, sizeof pong) < 0 && errno != EAGAIN) exit(3);
    if (kind == 1 && s->left >= least && s->left <= most && wanted) {
        if (seen == 0) first = now_ns();
        if (++seen == (wanted * 99 + 99) / 100) near = now_ns();
        if (seen == wanted) {
            printf("done %ld %lld %lld %lld\n", seen, (long long)now_ns(), (long long)first, (long long)near);
            wanted = 0;
        }
    }
}

static void take(int fd, struct stream *s, const unsigned char *data, ssize_t size) {
    while (size > 0) {
        if (s->left) {
            uint64_t skip = s->left < (uint64_t)size ? s->left : (uint64_t)size;
            s->left -= skip;
            data += skip;
            size -= skip;
            continue;
        }
        s->head[s->have++] = *data++;
        size--;
        if (s->have >= 2 && s->have == head_size(s)) framed(fd, s);
    }
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    int core = atoi(argv[2]);
    if (core >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(core, &set);
        sched_setaffinity(0, sizeof set, &set);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    int poll = epoll_create1(0), fd, open = 0;
    FILE *list = fopen(argv[1], "r");
    while (list && fscanf(list, "%d", &fd) == 1) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
        if (fd >= 1 << 16 || epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event)) return 4;
        open++;
    }
    struct epoll_event input = {.events = EPOLLIN, .data.fd = 0};
    epoll_ctl(poll, EPOLL_CTL_ADD, 0, &input);
    printf("listening %d\n", open);
    static unsigned char buffer[1 << 16];
    struct epoll_event events[512];
    for (;;) {
        int found = epoll_wait(poll, events, 512, -1);
        for (int i = 0; i < found; i++) {
            fd = events[i].data.fd;
            ssize_t n = read(fd, buffer, sizeof buffer - 1);
            if (fd == 0) {
                if (n <= 0) return 0;
                buffer[n] = 0;
                seen = 0;
                if (sscanf((char *)buffer, "%ld %lu %lu", &wanted, &least, &most) != 3) return 5;
                printf("armed\n");
            } else if (n > 0) {
                take(fd, &streams[fd], buffer, n);
            } else if (n == 0 || errno != EAGAIN) {
                fprintf(stderr, "a connection ended\n");
                return 6;
            }
        }
    }
}
