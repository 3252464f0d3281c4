/* SPDX-License-Identifier: GPL-3.0-or-later */
/* real: the functions we interpose, as the next library in line has them.
 *
 * The only dlsym() of the project.  Until real_init() has run, which another
 * library's constructor may not wait for, system calls go straight to the
 * kernel; functions that only libc can do make real_init() run first.
 */
#ifndef REAL_H
#define REAL_H

#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

struct gaicb;
struct sigevent;

/* clang-format off */
/* X(result, name, parameters).  Libc must have these ... */
#define REAL_SYSCALLS(X)                                                       \
	X(int, connect, (int, const struct sockaddr *, socklen_t))             \
	X(ssize_t, sendto, (int, const void *, size_t, int,                    \
			    const struct sockaddr *, socklen_t))               \
	X(ssize_t, sendmsg, (int, const struct msghdr *, int))                 \
	X(int, sendmmsg, (int, struct mmsghdr *, unsigned, int))               \
	X(int, getsockname, (int, struct sockaddr *, socklen_t *))             \
	X(int, getpeername, (int, struct sockaddr *, socklen_t *))             \
	X(int, getsockopt, (int, int, int, void *, socklen_t *))               \
	X(int, setsockopt, (int, int, int, const void *, socklen_t))           \
	X(int, ioctl, (int, unsigned long, long))                              \
	X(int, fcntl, (int, int, long))                                        \
	X(int, dup, (int))                                                     \
	X(int, dup2, (int, int))                                               \
	X(int, dup3, (int, int, int))                                          \
	X(int, close, (int))                                                   \
	X(int, epoll_ctl, (int, int, int, struct epoll_event *))               \
	X(long, syscall, (long, long, long, long, long, long, long))

#define REAL_LIBCALLS(X)                                                       \
	X(int, getaddrinfo, (const char *, const char *,                       \
			     const struct addrinfo *, struct addrinfo **))     \
	X(int, getnameinfo, (const struct sockaddr *, socklen_t, char *,       \
			     socklen_t, char *, socklen_t, int))               \
	X(struct hostent *, gethostbyname, (const char *))                     \
	X(struct hostent *, gethostbyname2, (const char *, int))               \
	X(struct hostent *, gethostbyaddr, (const void *, socklen_t, int))     \
	X(int, gethostbyname_r, (const char *, struct hostent *, char *,       \
				 size_t, struct hostent **, int *))            \
	X(int, gethostbyname2_r, (const char *, int, struct hostent *, char *, \
				  size_t, struct hostent **, int *))           \
	X(int, gethostbyaddr_r, (const void *, socklen_t, int,                 \
				 struct hostent *, char *, size_t,             \
				 struct hostent **, int *))                    \
	X(int, fclose, (FILE *))                                               \
	X(FILE *, freopen, (const char *, const char *, FILE *))

/* ... these it may lack (NULL then): musl, or glibc before 2.34 */
#define REAL_OPTIONAL(X)                                                       \
	X(int, fcntl64, (int, int, long))                                      \
	X(int, close_range, (unsigned, unsigned, int))                         \
	X(void, closefrom, (int))                                              \
	X(FILE *, freopen64, (const char *, const char *, FILE *))             \
	X(int, getaddrinfo_a, (int, struct gaicb **, int, struct sigevent *))
/* clang-format on */

struct real {
#define REAL_FIELD(result, name, params) result(*name) params;
	REAL_SYSCALLS(REAL_FIELD)
	REAL_LIBCALLS(REAL_FIELD)
	REAL_OPTIONAL(REAL_FIELD)
#undef REAL_FIELD
};

extern struct real real;

/* The next dlopen(), for the jump in interpose_dlopen.c; NULL before
 * real_init().  Apart, because assembler names it. */
extern void *(*real_dlopen)(const char *, int);

void real_init(void);

#endif
