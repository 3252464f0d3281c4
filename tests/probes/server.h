/* SPDX-License-Identifier: GPL-3.0-or-later */
/* server: listeners (server.c) and what they serve (services.c) */
#ifndef SERVER_H
#define SERVER_H

struct service {
	int port;
	void (*serve)(int fd); /* owns @fd; NULL: nothing is ever accepted */
	int backlog;           /* 0: the queue is filled up; -1: no listen() */
};

extern const struct service services[];
extern const int service_count;

void server_die(const char *what);
void server_spawn(void (*serve)(int), int fd);
int server_dial(int listener);

extern int server_late; /* listener of PORT_LATE */

#endif
