/* Hands frames to many sockets without going back to Python between two of them.
 *
 * Socket lanes[i] gets frame g for ends[g-1] <= i < ends[g]. Never waits. Of every socket that did not take its whole
 * frame, `at` gets the place and `taken` how many bytes it took, or -1 when it is broken; their number is returned.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

int32_t yunping_write(const int32_t *lanes, const int32_t *ends, const char *const *frames, const int32_t *sizes,
                      int32_t groups, int32_t *at, int32_t *taken) {
    int32_t place = 0, short_ = 0;
    for (int32_t group = 0; group < groups; group++) {
        const char *frame = frames[group];
        size_t size = (size_t)sizes[group];
        for (; place < ends[group]; place++) {
            ssize_t done = -1;
            if (lanes[place] < 0) {
                done = 0; /* TLS: only its transport may write */
            } else {
                do {
                    done = send(lanes[place], frame, size, MSG_DONTWAIT | MSG_NOSIGNAL);
                } while (done < 0 && errno == EINTR);
                if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) done = 0;
            }
            if (done != (ssize_t)size) {
                at[short_] = place;
                taken[short_++] = (int32_t)done;
            }
        }
    }
    return short_;
}
