/* SPDX-License-Identifier: GPL-3.0-or-later */
/* connect: connect(2) to a destination that the configuration may route */
#ifndef CONNECT_H
#define CONNECT_H

#include <sys/socket.h>

#define CONNECT_REAL 1 /* not ours: the real call, with the same arguments */

int connect_routed(int fd, const struct sockaddr *sa, socklen_t len);

#endif
