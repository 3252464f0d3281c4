// SPDX-License-Identifier: GPL-3.0-or-later
/* getaddrinfo(3), in all the ways it is called.  Also run under valgrind,
 * which sees whether freeaddrinfo() and the list fit together. */
#include <netdb.h>
#include <netinet/in.h>

#include "probe.h"

/* The list: every entry of @family (or any), of @socktype (or all three),
 * with @port; @canon in the first entry only. */
static void check_list(const struct addrinfo *ai, int family, int socktype,
		       int port, const char *canon)
{
	int types = 0;

	NEED(ai);
	if (canon)
		CHECK(ai->ai_canonname && !strcmp(ai->ai_canonname, canon),
		      "canonical name %s", ai->ai_canonname ?: "NULL");
	else
		CHECK(!ai->ai_canonname);
	for (const struct addrinfo *a = ai; a; a = a->ai_next) {
		CHECK_INT(a->ai_addr->sa_family, a->ai_family);
		if (family)
			CHECK_INT(a->ai_family, family);
		CHECK_INT(a->ai_addrlen, a->ai_family == AF_INET
						 ? sizeof(struct sockaddr_in)
						 : sizeof(struct sockaddr_in6));
		CHECK(peer_port(a->ai_addr) == port, "%s, expected port %d",
		      peer_text(a->ai_addr), port);
		if (socktype)
			CHECK_INT(a->ai_socktype, socktype);
		types |= 1 << a->ai_socktype;
		CHECK(a == ai || !a->ai_canonname);
	}
	if (!socktype)
		CHECK_INT(types,
			  1 << SOCK_STREAM | 1 << SOCK_DGRAM | 1 << SOCK_RAW);
}

static void use(const struct addrinfo *a)
{
	int fd = sock(a->ai_family, 0);

	NEED(connect(fd, a->ai_addr, a->ai_addrlen) == 0, "%s",
	     peer_text(a->ai_addr));
	echo(fd);
	OK(close(fd));
}

static void lookup(int family, int socktype, int flags, const char *service)
{
	struct addrinfo hints = { .ai_family = family,
				  .ai_socktype = socktype,
				  .ai_flags = flags };
	struct addrinfo *ai = NULL;
	int r = getaddrinfo(probe_name(), service, &hints, &ai);
	int port = service ? 7001 : 0;

	NEED(r == 0, "%s", gai_strerror(r));
	check_list(ai, family, socktype, port,
		   flags & AI_CANONNAME ? probe_name() : NULL);
	if (port && (!socktype || socktype == SOCK_STREAM))
		use(ai);
	freeaddrinfo(ai);
}

static void no_hints(void)
{
	struct addrinfo *ai = NULL;

	NEED(!getaddrinfo(probe_name(), "7001", NULL, &ai));
	check_list(ai, AF_UNSPEC, 0, 7001, NULL);
	use(ai);
	freeaddrinfo(ai);
	NEED(!getaddrinfo(probe_name(), NULL, NULL, &ai));
	check_list(ai, AF_UNSPEC, 0, 0, NULL);
	freeaddrinfo(ai);
}

static void families(void)
{
	lookup(AF_UNSPEC, SOCK_STREAM, 0, "7001");
	lookup(AF_INET, SOCK_STREAM, 0, "7001");
	lookup(AF_INET6, SOCK_STREAM, 0, "7001");
}

static void socktypes(void)
{
	static const int all[] = { AF_UNSPEC, AF_INET, AF_INET6 };

	for (int i = 0; i < 3; i++) {
		lookup(all[i], 0, 0, "7001");
		lookup(all[i], 0, 0, NULL);
		lookup(all[i], SOCK_DGRAM, 0, "7001");
	}
}

static void canonname(void)
{
	lookup(AF_UNSPEC, SOCK_STREAM, AI_CANONNAME, "7001");
	lookup(AF_INET, SOCK_STREAM, AI_CANONNAME, "7001");
	lookup(AF_INET6, 0, AI_CANONNAME, NULL);
}

/* lo may be down and without any other interface: AI_ADDRCONFIG must not
 * leave a program without an address it could connect to. */
static void addrconfig(void)
{
	lookup(AF_UNSPEC, SOCK_STREAM, AI_ADDRCONFIG, "7001");
	lookup(AF_INET, SOCK_STREAM, AI_ADDRCONFIG, "7001");
	lookup(AF_INET6, SOCK_STREAM, AI_ADDRCONFIG, "7001");
	lookup(AF_UNSPEC, SOCK_STREAM, AI_ADDRCONFIG | AI_V4MAPPED, "7001");
	lookup(AF_UNSPEC, SOCK_STREAM, AI_ADDRCONFIG | AI_CANONNAME, "7001");
}

static void v4mapped(void)
{
	lookup(AF_INET6, SOCK_STREAM, AI_V4MAPPED, "7001");
	lookup(AF_INET6, SOCK_STREAM, AI_V4MAPPED | AI_ALL, "7001");
	lookup(AF_INET6, 0, AI_V4MAPPED | AI_ALL | AI_ADDRCONFIG, "7001");
	lookup(AF_INET, SOCK_STREAM, AI_V4MAPPED | AI_ALL, "7001");
}

static void services(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *ai;

	lookup(AF_UNSPEC, SOCK_STREAM, AI_NUMERICSERV, "7001");
	NEED(!getaddrinfo(probe_name(), "https", &hints, &ai));
	check_list(ai, AF_UNSPEC, SOCK_STREAM, 443, NULL);
	freeaddrinfo(ai);
	NEED(!getaddrinfo(probe_name(), "0", &hints, &ai));
	check_list(ai, AF_UNSPEC, SOCK_STREAM, 0, NULL);
	freeaddrinfo(ai);
	CHECK_INT(getaddrinfo(probe_name(), "no-such-service", &hints, &ai),
		  EAI_SERVICE);
	hints.ai_flags = AI_NUMERICSERV;
	CHECK_INT(getaddrinfo(probe_name(), "https", &hints, &ai), EAI_NONAME);
	CHECK_INT(getaddrinfo(NULL, NULL, &hints, &ai), EAI_NONAME);
}

static void numerichost(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICHOST };
	struct addrinfo *ai;

	CHECK_INT(getaddrinfo(probe_name(), "7001", &hints, &ai), EAI_NONAME);
	NEED(!getaddrinfo("203.0.113.7", "7001", &hints, &ai));
	check_list(ai, AF_INET, SOCK_STREAM, 7001, NULL);
	use(ai);
	freeaddrinfo(ai);
	NEED(!getaddrinfo("2001:db8::7", "7001", &hints, &ai));
	check_list(ai, AF_INET6, SOCK_STREAM, 7001, NULL);
	use(ai);
	freeaddrinfo(ai);
}

static void bad_hints(void)
{
	struct addrinfo hints = { .ai_family = 77 }, *ai = NULL;

	CHECK_INT(getaddrinfo(probe_name(), "7001", &hints, &ai), EAI_FAMILY);
	hints = (struct addrinfo){ .ai_flags = 0x40000000 };
	CHECK_INT(getaddrinfo(probe_name(), "7001", &hints, &ai), EAI_BADFLAGS);
	hints = (struct addrinfo){ .ai_socktype = 99 };
	CHECK_INT(getaddrinfo(probe_name(), "7001", &hints, &ai), EAI_SOCKTYPE);
	hints = (struct addrinfo){ .ai_socktype = SOCK_STREAM,
				   .ai_protocol = IPPROTO_UDP };
	CHECK_INT(getaddrinfo(probe_name(), "7001", &hints, &ai), EAI_SOCKTYPE);
	hints = (struct addrinfo){ .ai_flags = AI_CANONNAME };
	CHECK_INT(getaddrinfo(NULL, "7001", &hints, &ai), EAI_BADFLAGS);
}

/* Case and a last dot do not matter (a hosts file knows no last dot). */
static void spelling(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *ai;
	char upper[256];
	size_t i;

	for (i = 0; probe_name()[i]; i++)
		upper[i] = (char)(i & 1 ? probe_name()[i]
					: probe_name()[i] & ~0x20);
	for (size_t j = 0; j < i; j++)
		if (probe_name()[j] == '.')
			upper[j] = '.';
	upper[i] = '\0';
	NEED(!getaddrinfo(upper, "7001", &hints, &ai), "%s", upper);
	use(ai);
	freeaddrinfo(ai);
}

/* Names that are nobody's route: the system's own answers. */
static void others(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_family = AF_INET };
	struct addrinfo *ai;
	int r;

	NEED(!getaddrinfo("other.probe.example", "80", &hints, &ai));
	CHECK(!strcmp(peer_text(ai->ai_addr), "family 2 [203.0.113.99]:80"),
	      "%s", peer_text(ai->ai_addr));
	freeaddrinfo(ai);
	NEED(!getaddrinfo("localhost", "80", &hints, &ai));
	CHECK(!strcmp(peer_text(ai->ai_addr), "family 2 [127.0.0.1]:80"), "%s",
	      peer_text(ai->ai_addr));
	freeaddrinfo(ai);
	r = getaddrinfo("nowhere.probe.example", "80", &hints, &ai);
	CHECK(r == EAI_AGAIN || r == EAI_NONAME, "%s", gai_strerror(r));
	r = getaddrinfo("", "80", &hints, &ai);
	CHECK(r < 0, "the empty name");
	hints.ai_flags = AI_PASSIVE;
	NEED(!getaddrinfo(NULL, "80", &hints, &ai));
	CHECK(!strcmp(peer_text(ai->ai_addr), "family 2 [0.0.0.0]:80"), "%s",
	      peer_text(ai->ai_addr));
	freeaddrinfo(ai);
}

/* The same name gives the same address, and many lookups leak nothing. */
static void steady(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_family = AF_INET };
	struct addrinfo *first, *ai;

	NEED(!getaddrinfo(probe_name(), "7001", &hints, &first));
	for (int i = 0; i < 200; i++) {
		NEED(!getaddrinfo(probe_name(), "7001", &hints, &ai));
		CHECK(!memcmp(ai->ai_addr, first->ai_addr, ai->ai_addrlen));
		freeaddrinfo(ai);
	}
	freeaddrinfo(first);
}

PROBE_MAIN({ "NULL hints", no_hints }, { "each family", families },
	   { "socktype 0 and SOCK_DGRAM, service or none", socktypes },
	   { "AI_CANONNAME is the name asked for", canonname },
	   { "AI_ADDRCONFIG", addrconfig }, { "AI_V4MAPPED, AI_ALL", v4mapped },
	   { "named, numeric, unknown services", services },
	   { "AI_NUMERICHOST is left alone; literals work", numerichost },
	   { "bad hints", bad_hints }, { "upper case", spelling },
	   { "names that no route has", others },
	   { "always the same address", steady })
