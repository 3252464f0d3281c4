/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the lib_*.c export, for those who dlopen() them or link with them */
#ifndef LIB_PLUGIN_H
#define LIB_PLUGIN_H

#include <sys/socket.h>

int inner_answer(void);
void *outer_open(const char *name, int flags);
int plugin_dial(const struct sockaddr *sa, socklen_t len);
int plugin_resolve(const char *name, const char *service);

/* What lib_ctor's constructor has: connections, or -1, and where it failed. */
extern int ctor_literal, ctor_named, ctor_failed_line;

#endif
