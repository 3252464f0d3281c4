/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vsockswitch - a packet switch between the virtio-vsock devices of guests
 *
 *	vsockswitch [-v] [-b CID]... CID=SOCKET...
 *
 * Each guest's machine connects to its SOCKET and speaks vhost-user.  "ready"
 * on standard output says that all sockets are there.  Packets to a CID given
 * by -b vanish; -v prints each packet.  It runs until it is killed.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forward.h"
#include "watch.h"

static struct net net;

static void usage(void)
{
	fputs("usage: vsockswitch [-v] [-b CID]... CID=SOCKET...\n", stderr);
	exit(2);
}

/* Reads a CID and returns what follows it; a CID has 32 bits. */
static const char *parse_cid(const char *text, uint64_t *cid)
{
	char *end;

	errno = 0;
	*cid = strtoull(text, &end, 10);
	if (end == text || text[0] == '-' || errno || *cid > UINT32_MAX)
		usage();
	return end;
}

static void add_hole(const char *text)
{
	if (net.holes == NET_HOLES || *parse_cid(text, &net.hole[net.holes++]))
		usage();
}

static void add_guest(const char *text)
{
	const char *rest;
	uint64_t cid;
	int err;

	rest = parse_cid(text, &cid);
	if (net.guests == NET_GUESTS || *rest != '=')
		usage();
	err = guest_listen(&net.guest[net.guests++], cid, rest + 1);
	if (err) {
		fprintf(stderr, "vsockswitch: %s: %s\n", rest + 1,
			strerror(-err));
		exit(1);
	}
}

int main(int argc, char **argv)
{
	bool more = false;
	int opt, err;

	while ((opt = getopt(argc, argv, "vb:")) != -1) {
		if (opt == 'v')
			net.trace = true;
		else if (opt == 'b')
			add_hole(optarg);
		else
			usage();
	}
	if (optind == argc)
		usage();
	/* Writing to a guest that is gone is an error like any other. */
	signal(SIGPIPE, SIG_IGN);
	err = watch_init();
	while (!err && optind < argc)
		add_guest(argv[optind++]);
	puts("ready");
	fflush(stdout);

	while (!err) {
		err = watch_next(!more);
		more = forward_all(&net);
	}
	fprintf(stderr, "vsockswitch: epoll: %s\n", strerror(-err));
	return 1;
}
