/* The limit a fan-out is measured against: one C process, epoll, the same frames to the same number of sockets.
 *
 *   sender PORT CONNECTIONS CORE
 *
 * Accepts CONNECTIONS, answers each upgrade (without the accept key: handshakes are not measured), prints "ready". For
 * every line on stdin it reads the frames of the file named there (each a 4-byte little-endian length and its bytes),
 * writes frame i % count to socket i and prints "sent COUNT CPU_NS WALL_NS": the processor time of this process around
 * the writes. For the line "idle SECONDS" it pings every socket each twenty seconds, reads what they answer, and prints
 * "idled CPU_NS WALL_NS".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct frame { uint32_t size; char *bytes; };
struct frames { int count; struct frame *list; char *memory; };
struct peer { int fd; const char *rest; uint32_t left; };

static void die(const char *what) { perror(what); exit(1); }

static int64_t clock_ns(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct frames load(const char *path) {
    struct frames made = {0, NULL, NULL};
    FILE *file = fopen(path, "rb");
    if (!file) die(path);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    made.memory = malloc(size);
    if (fread(made.memory, 1, size, file) != (size_t)size) die("fread");
    fclose(file);
    made.list = malloc(sizeof(struct frame) * (size / 4 + 1));
    for (long at = 0; at + 4 <= size;) {
        uint32_t length;
        memcpy(&length, made.memory + at, 4);
        made.list[made.count].size = length;
        made.list[made.count++].bytes = made.memory + at + 4;
        at += 4 + length;
    }
    return made;
}

static void unload(struct frames *f) { free(f->memory); free(f->list); }

static void finish(int poll, struct peer *peers, int waiting) {
    struct epoll_event events[256];
    while (waiting > 0) {
        int found = epoll_wait(poll, events, 256, -1);
        for (int i = 0; i < found; i++) {
            struct peer *p = &peers[events[i].data.u32];
            ssize_t n = p->left ? write(p->fd, p->rest, p->left) : 0;
            if (n < 0 && errno == EAGAIN) continue;
            if (n < 0) die("write");
            p->rest += n;
            p->left -= n;
            if (p->left == 0) {
                epoll_ctl(poll, EPOLL_CTL_DEL, p->fd, NULL);
                waiting--;
            }
        }
    }
}

static void send_all(int poll, struct peer *peers, int count, struct frames *frames) {
    int64_t cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID), wall = clock_ns(CLOCK_MONOTONIC);
    int waiting = 0;
    for (int i = 0; i < count; i++) {
        struct frame *f = &frames->list[i % frames->count];
        ssize_t n = write(peers[i].fd, f->bytes, f->size);
        if (n < 0 && errno != EAGAIN) die("write");
        if (n < 0) n = 0;
        if ((uint32_t)n != f->size) {
            struct epoll_event event = {.events = EPOLLOUT, .data.u32 = i};
            peers[i].rest = f->bytes + n;
            peers[i].left = f->size - n;
            epoll_ctl(poll, EPOLL_CTL_ADD, peers[i].fd, &event);
            waiting++;
        }
    }
    finish(poll, peers, waiting);
    cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    wall = clock_ns(CLOCK_MONOTONIC) - wall;
    printf("sent %d %lld %lld\n", count, (long long)cpu, (long long)wall);
}

static void idle(int poll, struct peer *peers, int count, int seconds) {
    struct epoll_event events[256];
    char answers[256];
    for (int i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        epoll_ctl(poll, EPOLL_CTL_ADD, peers[i].fd, &event);
    }
    int64_t cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID), wall = clock_ns(CLOCK_MONOTONIC), due = wall;
    int turns = seconds * 10, next = 0, share = (count + 199) / 200;
    for (int turn = 0; turn < turns; due += 100000000) {
        int wait = (int)((due - clock_ns(CLOCK_MONOTONIC)) / 1000000);
        int found = epoll_wait(poll, events, 256, wait > 0 ? wait : 0);
        for (int i = 0; i < found; i++)
            if (read(peers[events[i].data.u32].fd, answers, sizeof answers) == 0) die("a peer left");
        if (clock_ns(CLOCK_MONOTONIC) < due) {
            due -= 100000000;
            continue;
        }
        for (int i = 0; i < share; i++, next = (next + 1) % count)
            if (write(peers[next].fd, "\x89", 2) != 2) die("ping");
        turn++;
    }
    cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    wall = clock_ns(CLOCK_MONOTONIC) - wall;
    for (int i = 0; i < count; i++) epoll_ctl(poll, EPOLL_CTL_DEL, peers[i].fd, NULL);
    printf("idled %lld %lld\n", (long long)cpu, (long long)wall);
}

static int listening(int port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1, buffer = 64 * 1024;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 4096)) die("listen");
    return fd;
}

static void welcome(int fd) {
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    char request[4096];
    size_t got = 0;
    while (got < sizeof request - 1) {
        ssize_t n = read(fd, request + got, sizeof request - 1 - got);
        if (n <= 0) die("request");
        got += n;
        request[got] = 0;
        if (strstr(request, "\r\n\r\n")) break;
    }
    if (write(fd, answer, sizeof answer - 1) != sizeof answer - 1) die("answer");
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    int port = atoi(argv[1]), count = atoi(argv[2]), core = atoi(argv[3]);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (core >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(core, &set);
        sched_setaffinity(0, sizeof set, &set);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    int door = listening(port), poll = epoll_create1(0);
    struct peer *peers = calloc(count, sizeof *peers);
    printf("listening\n");
    for (int i = 0; i < count; i++) {
        peers[i].fd = accept(door, NULL, NULL);
        if (peers[i].fd < 0) die("accept");
        welcome(peers[i].fd);
    }
    printf("ready\n");
    char line[4096];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        int seconds;
        if (sscanf(line, "idle %d", &seconds) == 1) {
            idle(poll, peers, count, seconds);
            continue;
        }
        struct frames frames = load(line);
        send_all(poll, peers, count, &frames);
        unload(&frames);
    }
    return 0;
}
