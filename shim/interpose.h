/* SPDX-License-Identifier: GPL-3.0-or-later */
/* interpose: what the interpose_*.c share
 *
 * HOOK(int, close, int fd) { ... } defines the exported symbol `close` under
 * the C name hook_close: libc's headers declare some of these names with
 * transparent unions and varargs that a definition could not repeat.
 */
#ifndef INTERPOSE_H
#define INTERPOSE_H

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define EXPORT __attribute__((visibility("default")))

#define HOOK(result, name, ...)                                \
	EXPORT result hook_##name(__VA_ARGS__) __asm__(#name); \
	result hook_##name(__VA_ARGS__)

/* What only a descriptor of ours needs: kept out of line, so that the way past
 * it has no stack frame and no register to save. */
#define SLOW __attribute__((noinline, cold))

/* From what our functions return to what libc's do; errno only on failure. */
static inline long hook_return(long r)
{
	if (r >= 0)
		return r;
	errno = (int)-r;
	return -1;
}

/* The calls that syscall(2)'s hook sends to the hooks of these names. */
int shim_connect(int fd, const struct sockaddr *sa, socklen_t len);
int shim_close(int fd);
int shim_close_nocancel(int fd);
int shim_dup(int fd);
int shim_dup2(int from, int to);
int shim_dup3(int from, int to, int flags);
int shim_fcntl(int fd, int cmd, long arg);
int shim_close_range(unsigned first, unsigned last, int flags);
int shim_getsockname(int fd, struct sockaddr *sa, socklen_t *len);
int shim_getpeername(int fd, struct sockaddr *sa, socklen_t *len);
int shim_getsockopt(int fd, int level, int name, void *val, socklen_t *len);
int shim_setsockopt(int fd, int level, int name, const void *val,
		    socklen_t len);
int shim_ioctl(int fd, unsigned long request, long arg);
int shim_epoll_ctl(int ep, int op, int fd, struct epoll_event *e);
ssize_t shim_sendto(int fd, const void *buf, size_t len, int flags,
		    const struct sockaddr *sa, socklen_t salen);
ssize_t shim_sendmsg(int fd, const struct msghdr *m, int flags);
int shim_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags);

#endif
