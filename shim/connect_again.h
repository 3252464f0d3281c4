/* SPDX-License-Identifier: GPL-3.0-or-later */
/* connect_again: connect(2) on a connection of ours; for connect.c */
#ifndef CONNECT_AGAIN_H
#define CONNECT_AGAIN_H

#include <sys/socket.h>

#include "fdtab.h"

int connect_by_table(int fd, const struct sockaddr *sa, struct conn *former);
int connect_wait(int fd, const struct sockaddr *sa, struct conn *former);
int connect_back_to_tcp(const struct conn *c, int fd, ino_t ino);
int connect_send_timeout(int fd);

#endif
