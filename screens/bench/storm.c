/* Ten thousand screens that come back by themselves, as players do: the load of `bench reconnect`.
 *
 *   storm PORT CORE SCREENS REQUEST SIGNED FIRST HELD
 *
 * In C, because a box has a processor of its own and here all of them share what the gateways leave of two. What is said is
 * not known here: the request, what a hello signs and the hellos come as texts in which {screen}, {key}, {nonce}, {version}
 * and {sig} are filled in; FIRST is of a screen that holds nothing, HELD of one that holds a version. Each line of the file
 * SCREENS is a screen's id and seed, or empty for a socket that says nothing after its upgrade.
 *
 * Each line of stdin is answered by one line of JSON. `come` brings everybody in as fast as they can be, and says in how
 * many seconds all were served; `leave` closes them all; `back N` waits until all were cut off and are served version N or
 * a newer one, and says the times from the first cut.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Of OpenSSL, whose headers need not be installed: evp.h and obj_mac.h of version 3. */
typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_md_ctx_st EVP_MD_CTX;
EVP_PKEY *EVP_PKEY_new_raw_private_key(int type, void *engine, const unsigned char *key, size_t size);
int EVP_PKEY_get_raw_public_key(const EVP_PKEY *key, unsigned char *into, size_t *size);
EVP_MD_CTX *EVP_MD_CTX_new(void);
int EVP_MD_CTX_reset(EVP_MD_CTX *context);
int EVP_DigestSignInit(EVP_MD_CTX *context, void *, const void *digest, void *engine, EVP_PKEY *key);
int EVP_DigestSign(EVP_MD_CTX *context, unsigned char *into, size_t *size, const unsigned char *said, size_t length);
#define ED25519 1087

#define AT_ONCE 256 /* handshakes under way when nothing spreads them: what a listening socket can queue */
#define ADDRESSES 8 /* one address has ports for 28,000 connections to another; a crowd stands at many */
#define LONGEST 10.0
#define BUFFER (1 << 18)
#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24 /* the port is chosen when both ends are known */
#endif

enum step { DIALLING, ASKED, UPGRADED, WELCOME, SERVED };

struct peer {
    int fd;
    enum step step;
    bool is_served, is_welcomed; /* of what is waited for */
    int failures;
    long version;
    double least, most; /* seconds to wait after a cut, as it was told */
    EVP_PKEY *key;
    char screen[40], public[48];
    char *left; /* bytes of a message that is not whole */
    size_t left_size;
};

struct due {
    double at;
    int place;
};

static struct peer *peers;
static int count, opened, served, welcomed, refused, poll_fd, turns;
static long newest;
static double cut_at;
static struct due *heap;
static int heap_size;
static const char *request, *to_sign, *first, *held;
static struct sockaddr_in server;
static EVP_MD_CTX *signing;
static char buffer[BUFFER];

static void die(const char *what) {
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

static double between(double low, double high) { return low + (high - low) * drand48(); }

/* ---- who comes back when: a heap, the earliest on top */

static void push(double at, int place) {
    int one = heap_size++;
    for (; one && heap[(one - 1) / 2].at > at; one = (one - 1) / 2) heap[one] = heap[(one - 1) / 2];
    heap[one] = (struct due){at, place};
}

static int pop(void) {
    int place = heap[0].place, one = 0;
    struct due last = heap[--heap_size];
    for (int next; (next = 2 * one + 1) < heap_size; one = next) {
        if (next + 1 < heap_size && heap[next + 1].at < heap[next].at) next++;
        if (heap[next].at >= last.at) break;
        heap[one] = heap[next];
    }
    heap[one] = last;
    return place;
}

/* ---- what a screen says */

static void base64url(const unsigned char *from, size_t size, char *into) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned bits = 0, have = 0;
    for (size_t i = 0; i < size; i++) {
        bits = bits << 8 | from[i];
        for (have += 8; have >= 6; have -= 6) *into++ = letters[bits >> (have - 6) & 63];
    }
    if (have) *into++ = letters[bits << (6 - have) & 63];
    *into = 0;
}

static size_t filled(char *into, const char *text, const struct peer *peer, const char *nonce, const char *sig) {
    char *start = into, version[24];
    snprintf(version, sizeof version, "%ld", peer->version);
    const char *names[] = {"{screen}", "{key}", "{nonce}", "{sig}", "{version}"};
    const char *values[] = {peer->screen, peer->public, nonce, sig, version};
    while (*text) {
        size_t i = 5;
        if (*text == '{')
            for (i = 0; i < 5 && strncmp(text, names[i], strlen(names[i])); i++);
        if (i == 5) {
            *into++ = *text++;
        } else {
            text += strlen(names[i]);
            into = stpcpy(into, values[i]);
        }
    }
    return into - start;
}

static bool sent(struct peer *peer, const void *data, size_t size) {
    return send(peer->fd, data, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool answer(struct peer *peer, const char *nonce) {
    char said[512], sig[96];
    unsigned char raw[64], frame[2048] = {0x81, 0xfe}; /* a client's text; a mask of zeros is a mask */
    size_t raw_size = sizeof raw, size = filled(said, to_sign, peer, nonce, "");
    EVP_MD_CTX_reset(signing);
    if (EVP_DigestSignInit(signing, 0, 0, 0, peer->key) != 1) return false;
    if (EVP_DigestSign(signing, raw, &raw_size, (unsigned char *)said, size) != 1) return false;
    base64url(raw, 64, sig);
    size = filled((char *)frame + 8, peer->version ? held : first, peer, nonce, sig);
    frame[2] = size >> 8, frame[3] = size & 255;
    return sent(peer, frame, 8 + size);
}

/* ---- what it hears; false when the connection is of no use any more */

static bool begins(const char *text, const char *word) { return !strncmp(text, word, strlen(word)); }

static bool heard(struct peer *peer, char *text, size_t size) {
    char kept = text[size];
    bool is_well = true;
    text[size] = 0;
    if (begins(text, "{\"t\":\"state\"")) {
        peer->step = SERVED;
        /* A beacon's text is canonical, so that its own version is the last of its fields. */
        const char word[] = "\\\"version\\\":";
        for (char *at = text, *end; (at = strstr(at, word)); at = end) {
            long version = strtol(at + strlen(word), &end, 10);
            if (begins(end, "}\"")) {
                peer->version = version;
                break;
            }
        }
    } else if (begins(text, "{\"t\":\"welcome\"")) {
        peer->step = WELCOME;
        long least, most;
        char *at = strstr(text, "\"retry\":{");
        if (at && sscanf(at, "\"retry\":{\"min\":%ld,\"max\":%ld}", &least, &most) == 2)
            peer->least = least / 1e3, peer->most = most / 1e3;
    } else if (begins(text, "{\"t\":\"bye\"")) {
        is_well = false;
    } else if (peer->key) {
        char nonce[64], *at = strstr(text, "\"nonce\":\"");
        if (at && sscanf(at, "\"nonce\":\"%60[A-Za-z0-9_-]\"", nonce) == 1) is_well = answer(peer, nonce);
    }
    text[size] = kept;
    return is_well;
}

static bool took(struct peer *peer, char *data, size_t size) {
    size_t at = 0;
    if (peer->step == ASKED) {
        char *end = memmem(data, size, "\r\n\r\n", 4);
        if (end && strncmp(data, "HTTP/1.1 101", 12)) return false;
        if (end) peer->step = UPGRADED, at = end + 4 - data;
    }
    while (peer->step >= UPGRADED && size - at >= 2) {
        unsigned char *frame = (unsigned char *)data + at;
        size_t length = frame[1], head = 2;
        if (length == 127) return false; /* longer than any message of ours */
        if (length == 126) {
            if (size - at < 4) break;
            length = frame[2] << 8 | frame[3], head = 4;
        }
        if (size - at < head + length) break;
        int kind = frame[0] & 15;
        if (kind == 9 && !sent(peer, "\x8a\x80\0\0\0", 6)) return false;
        if (kind == 1 && !heard(peer, (char *)frame + head, length)) return false;
        at += head + length;
    }
    free(peer->left);
    peer->left = 0;
    if ((peer->left_size = size - at)) {
        if (!(peer->left = malloc(size - at))) die("malloc");
        memcpy(peer->left, data + at, size - at);
    }
    return true;
}

static bool readable(struct peer *peer) {
    memcpy(buffer, peer->left, peer->left_size);
    size_t had = peer->left_size;
    ssize_t got = recv(peer->fd, buffer + had, BUFFER - 1 - had, 0);
    return got > 0 && took(peer, buffer, had + got);
}

/* ---- one connection from its begin to its end */

static void forget(struct peer *peer) {
    if (peer->fd >= 0) close(peer->fd), opened--;
    free(peer->left);
    peer->left = 0, peer->left_size = 0, peer->fd = -1, peer->step = DIALLING;
    served -= peer->is_served, welcomed -= peer->is_welcomed;
    peer->is_served = peer->is_welcomed = false;
}

static bool has_all(const struct peer *peer) { return peer->step == (peer->key ? SERVED : UPGRADED); }

static void lost(struct peer *peer) {
    if (!has_all(peer)) refused++;
    else if (!cut_at) cut_at = now();
    forget(peer);
    peer->failures++;
    double wait = between(peer->least, peer->most);
    if (peer->failures > 1) { /* as screens/player/link.js */
        int times = peer->failures > 11 ? 10 : peer->failures - 1;
        double grown = peer->least * (1 << times);
        if (grown > LONGEST) grown = LONGEST;
        grown *= between(0.5, 1);
        if (grown > wait) wait = grown;
    }
    push(now() + wait, peer - peers);
}

static void counted(struct peer *peer) {
    if (peer->step >= WELCOME && !peer->is_welcomed) peer->is_welcomed = true, welcomed++;
    if (!has_all(peer)) return;
    peer->failures = 0;
    if (peer->version >= newest && !peer->is_served) peer->is_served = true, served++;
}

static bool ask(struct peer *peer) {
    peer->step = ASKED;
    if (sent(peer, request, strlen(request))) return true;
    peer->step = DIALLING;
    return false;
}

static void dial(int place) {
    struct peer *peer = peers + place;
    int yes = 1;
    struct sockaddr_in here = {.sin_family = AF_INET};
    here.sin_addr.s_addr = htonl((127 << 24) + (1 << 8) + 1 + turns++ % ADDRESSES);
    if ((peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) < 0) die("socket");
    opened++;
    setsockopt(peer->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
    if (bind(peer->fd, (struct sockaddr *)&here, sizeof here)) die("bind");
    if (connect(peer->fd, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS) {
        lost(peer);
        return;
    }
    /* On this machine the other end has usually answered by now. */
    struct epoll_event wanted = {.events = ask(peer) ? EPOLLIN : EPOLLOUT, .data.u32 = place};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, peer->fd, &wanted)) die("epoll_ctl");
}

static void ready(int place, unsigned events) {
    struct peer *peer = peers + place;
    if (peer->fd < 0) return;
    bool is_well = true;
    if (events & EPOLLOUT) {
        struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = place};
        is_well = ask(peer) && !epoll_ctl(poll_fd, EPOLL_CTL_MOD, peer->fd, &wanted);
    }
    if (is_well && events & (EPOLLIN | EPOLLHUP | EPOLLERR)) is_well = readable(peer);
    if (is_well) counted(peer);
    else lost(peer);
}

static void turn(void) {
    struct epoll_event found[256];
    double at = now(), wait = 0.05;
    while (heap_size && heap[0].at <= at) dial(pop());
    if (heap_size && heap[0].at - at < wait) wait = heap[0].at - at;
    int events = epoll_wait(poll_fd, found, 256, (int)(wait * 1000) + 1);
    for (int i = 0; i < events; i++) ready(found[i].data.u32, found[i].events);
}

/* ---- what it is told to do */

static void come(void) {
    double began = now();
    int next = count;
    while (served < count) {
        while (next && opened - served < AT_ONCE) dial(--next);
        turn();
    }
    printf("{\"seconds\":%.6f}\n", now() - began);
}

static void leave(void) {
    for (int i = 0; i < count; i++) forget(peers + i);
    printf("{}\n");
}

static void back(long version) {
    double told = 0;
    newest = version, cut_at = 0, refused = 0, served = 0;
    for (int i = 0; i < count; i++) peers[i].is_served = false;
    while (!cut_at || served < count) {
        turn();
        if (!told && cut_at && welcomed == count) told = now() - cut_at;
    }
    printf("{\"welcomed\":%.6f,\"newest\":%.6f,\"refused\":%d}\n", told, now() - cut_at, refused);
}

static void enrol(const char *path) {
    FILE *file = fopen(path, "r");
    char *line = 0;
    size_t room = 0;
    if (!file) die(path);
    for (ssize_t size; (size = getline(&line, &room, file)) >= 0;) {
        if (!(count & (count - 1)) && !(peers = realloc(peers, (count ? 2 * count : 1) * sizeof *peers))) die("realloc");
        struct peer *peer = peers + count++;
        *peer = (struct peer){.fd = -1, .least = 0.2, .most = 1};
        if (size < 36 + 1 + 64) continue;
        memcpy(peer->screen, line, 36);
        unsigned char seed[32], public[32];
        size_t length = sizeof public;
        for (int i = 0; i < 32; i++) sscanf(line + 37 + 2 * i, "%2hhx", seed + i);
        peer->key = EVP_PKEY_new_raw_private_key(ED25519, 0, seed, sizeof seed);
        if (!peer->key || EVP_PKEY_get_raw_public_key(peer->key, public, &length) != 1) die("key");
        base64url(public, sizeof public, peer->public);
    }
    if (!(heap = malloc(count * sizeof *heap))) die("malloc");
    free(line);
    fclose(file);
}

int main(int argc, char **argv) {
    if (argc != 8) return 2;
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int core = atoi(argv[2]);
    cpu_set_t cores;
    CPU_ZERO(&cores);
    if (core >= 0) {
        CPU_SET(core, &cores);
        if (sched_setaffinity(0, sizeof cores, &cores)) die("core");
    }
    request = argv[4], to_sign = argv[5], first = argv[6], held = argv[7];
    srand48(getpid());
    if ((poll_fd = epoll_create1(0)) < 0 || !(signing = EVP_MD_CTX_new())) die("begin");
    enrol(argv[3]);
    char word[64];
    while (fgets(word, sizeof word, stdin)) {
        if (begins(word, "come")) come();
        else if (begins(word, "leave")) leave();
        else back(strtol(word + strlen("back "), 0, 10));
        fflush(stdout);
    }
    return 0;
}
