/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ports: what the peer (server.c) does on which port
 *
 * The same numbers in every form: TCP ports, sockets DIR/7001..., AF_VSOCK
 * ports.  forms.py has the routes.
 */
#ifndef PORTS_H
#define PORTS_H

enum {
	PORT_ECHO = 7001,    /* sends back what comes */
	PORT_REFUSED = 7002, /* nobody listens; unix: a socket left behind */
	PORT_HOLE = 7003,    /* no answer, ever; time-out: the first of three */
	PORT_BYE = 7004,     /* accepts and closes */
	PORT_SOURCE = 7005,  /* sends PORT_SOURCE_BYTES of pattern, closes */
	PORT_SINK = 7006,    /* reads to the end, answers "BYTES BAD\n" */
	PORT_LATE = 7007,    /* echo, but accepts late: see PORT_CONTROL */
	PORT_CONTROL = 7008, /* "late MS\n": PORT_LATE's queue is full, "ok\n"
			      * says, and is served from MS later for as long
			      * as this connection stands */
	PORT_HELLO = 7009,   /* says "hello\n" first, then as PORT_ECHO */
	PORT_RESET = 7010,   /* reads one byte, then resets the connection */
	PORT_ABSENT = 7012,  /* nobody listens; unix: no such file */
	PORT_HOLE2 = 7013,   /* as PORT_HOLE; time-out: the second */
	PORT_HOLE3 = 7014,   /* as PORT_HOLE; time-out: the default */
};

#define PORT_SOURCE_BYTES (8u << 20)

/* The byte at @offset of PORT_SOURCE's and PORT_SINK's stream. */
static inline unsigned char port_pattern(uint64_t offset)
{
	return (unsigned char)(offset ^ (offset >> 8) ^ (offset >> 16));
}

#endif
