/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe: the harness of the probes
 *
 * A probe is a program that uses sockets as programs do and knows nothing of
 * the shim.  It must see the same thing bare over TCP as wrapped over any
 * target.  It prints TAP; PROBE_MAIN lists its cases.  The harness checks
 * after each case that no descriptor is left over, and OK() that errno is
 * left alone on success.
 */
#ifndef PROBE_H
#define PROBE_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ports.h"

#define MAPPED (-1) /* a family: AF_INET6 with a v4-mapped address */

#define PROBE_ERRNO \
	4242 /* what errno is before a call that should not set it */

struct probe_case {
	const char *name;
	void (*run)(void);
};

struct peer {
	int family; /* of the socket */
	socklen_t len;
	union {
		struct sockaddr sa;
		struct sockaddr_storage ss;
	};
};

/* What no form but TCP can do, or not in the same way; the list of all that
 * may differ is differ.c. */
enum differ {
	DIFFER_PENDING,
	DIFFER_INTERRUPT,
	DIFFER_FORK_RESOLVE,
	DIFFER_RECV_NAME,
	DIFFER_LATE,
	DIFFER_RESET,
	DIFFER_RCVBUF,
	DIFFER_OOB,
	DIFFER_SHUT_RD,
	DIFFER_SIGPIPE,
	DIFFER_PORTS,
	DIFFER_SPARE,
	DIFFER_POLICY,
	DIFFER_DLOPEN,
	DIFFER_BAD_POINTER,
	DIFFER_HELPER,
	DIFFER_BARE_FORK,
	DIFFER_MAX
};

#define PROBE_MAIN(...)                                                   \
	int main(int argc, char **argv)                                   \
	{                                                                 \
		static const struct probe_case cases[] = { __VA_ARGS__ }; \
                                                                          \
		return probe_run(argc, argv, cases,                       \
				 sizeof(cases) / sizeof(cases[0]));       \
	}

/* CHECK: the case fails, and goes on.  NEED: it fails, and is over. */
#define CHECK(cond, ...) \
	probe_check((cond), __FILE__, __LINE__, #cond, " " __VA_ARGS__)
#define NEED(cond, ...)   \
	((cond) ? (void)0 \
		: probe_need(__FILE__, __LINE__, #cond, " " __VA_ARGS__))
#define CHECK_INT(expr, want) \
	probe_int((long)(expr), (long)(want), __FILE__, __LINE__, #expr)

/* A call that must succeed and must leave errno alone. */
#define OK(expr)                                          \
	__extension__({                                   \
		errno = PROBE_ERRNO;                      \
		long ok_ = (long)(expr);                  \
		probe_ok(ok_, __FILE__, __LINE__, #expr); \
		ok_;                                      \
	})

/* A call that must return -1 with this errno. */
#define FAILS(expr, want)                                           \
	__extension__({                                             \
		errno = PROBE_ERRNO;                                \
		long r_ = (long)(expr);                             \
		probe_fails(r_, (want), __FILE__, __LINE__, #expr); \
	})

int probe_run(int argc, char **argv, const struct probe_case *cases, size_t n);
void probe_check(bool good, const char *file, int line, const char *what,
		 const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void probe_need(const char *file, int line, const char *what, const char *fmt,
		...) __attribute__((format(printf, 4, 5), noreturn));
void probe_int(long got, long want, const char *file, int line,
	       const char *what);
void probe_ok(long got, const char *file, int line, const char *what);
bool probe_fails(long got, int want, const char *file, int line,
		 const char *what);
void probe_skip(const char *why) __attribute__((noreturn));
void probe_differs(enum differ d);
bool probe_differs_here(enum differ d);
bool probe_failed(void);
void probe_child(void (*fn)(void));
void probe_reap(pid_t pid, int ms);

const char *probe_form(void);
const char *probe_name(void);
struct peer peer(int family, int port);
int peer_port(const struct sockaddr *sa);
const char *peer_text(const struct sockaddr *sa);

int sock(int family, int flags);
int dial(int port);
int dial_family(int family, int port, int flags);
void echo(int fd);
int late(int ms);
int so_error(int fd);
int wait_for(int fd, short events, int ms);
int open_fds(void);
long now_ms(void);
void nap(int ms);

#endif
