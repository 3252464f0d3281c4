/* SPDX-License-Identifier: GPL-3.0-or-later */
/* emulate: what a TCP socket would have answered
 *
 * All functions but those that say otherwise: the caller holds the lock, got
 * the connection from fdtab_enter(), and ends with emulate_leave().
 */
#ifndef EMULATE_H
#define EMULATE_H

#include <netinet/tcp.h>
#include <stdbool.h>

#include "fdtab.h"

#define EMULATE_REAL 1 /* let the kernel answer */

/* An answer to getsockopt(2), copied out when the lock is released */
struct emulate_answer {
	union {
		int number;
		struct tcp_info info;
	} value;
	socklen_t len;
	bool byte; /* of IP level: one byte where the program asks for less
		    * than an int (ip_sockglue.c, ip_getsockopt) */
};

/* emulate.c */
void emulate_leave(struct conn *c, struct lock_guard *g);
void emulate_refresh(struct conn *c, int fd);
void emulate_names(struct conn *c, int old_fd, const struct sockaddr *peer,
		   socklen_t len);
int emulate_getsockopt(struct conn *c, int fd, int level, int name,
		       struct emulate_answer *a);
int emulate_ioctl(int fd, unsigned long request, int *value);
int emulate_copy_name(const void *name, socklen_t truelen, struct sockaddr *sa,
		      socklen_t *len);

/* emulate_opts.c */
void emulate_opts_read(struct conn *c, int tcp_fd);
void emulate_opts_write(const struct conn *c, int tcp_fd);
int emulate_opts_get(const struct conn *c, int level, int name,
		     struct emulate_answer *a);
int emulate_opts_set(struct conn *c, int level, int name, const void *val,
		     socklen_t len);

#endif
