// SPDX-License-Identifier: GPL-3.0-or-later
/* The older resolver calls, the way back from address to name, and the
 * asynchronous one */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>

#include "probe.h"

/* An address out of a hostent must be one that connects. */
static void use(const struct hostent *h, int family)
{
	struct peer p = peer(family, PORT_ECHO);
	int fd;

	NEED(h);
	CHECK(!strcmp(h->h_name, probe_name()), "h_name %s", h->h_name);
	CHECK_INT(h->h_addrtype, family);
	CHECK_INT(h->h_length, family == AF_INET ? 4 : 16);
	CHECK(h->h_aliases != NULL);
	NEED(h->h_addr_list[0]);
	if (family == AF_INET)
		memcpy(&((struct sockaddr_in *)&p.ss)->sin_addr,
		       h->h_addr_list[0], 4);
	else
		memcpy(&((struct sockaddr_in6 *)&p.ss)->sin6_addr,
		       h->h_addr_list[0], 16);
	fd = sock(family, 0);
	NEED(connect(fd, &p.sa, p.len) == 0, "%s", peer_text(&p.sa));
	echo(fd);
	OK(close(fd));
}

static void by_name(void)
{
	use(gethostbyname(probe_name()), AF_INET);
}

static void by_name2(void)
{
	use(gethostbyname2(probe_name(), AF_INET), AF_INET);
	use(gethostbyname2(probe_name(), AF_INET6), AF_INET6);
}

static void by_name_r(void)
{
	char buf[2048], tiny[8];
	struct hostent h, *result = NULL;
	int herr = 0, r;

	r = gethostbyname_r(probe_name(), &h, buf, sizeof(buf), &result, &herr);
	CHECK_INT(r, 0);
	CHECK(result == &h);
	use(result, AF_INET);
	r = gethostbyname2_r(probe_name(), AF_INET6, &h, buf, sizeof(buf),
			     &result, &herr);
	CHECK_INT(r, 0);
	use(result, AF_INET6);
	r = gethostbyname_r(probe_name(), &h, tiny, sizeof(tiny), &result,
			    &herr);
	CHECK_INT(r, ERANGE);
	CHECK(!result);
}

static void unknown(void)
{
	struct hostent *h = gethostbyname("nowhere.probe.example");

	CHECK(!h && (h_errno == TRY_AGAIN || h_errno == HOST_NOT_FOUND),
	      "h_errno %d", h_errno);
	h = gethostbyname("other.probe.example");
	NEED(h);
	CHECK(!memcmp(h->h_addr_list[0], "\xcb\0\x71\x63", 4));
	h = gethostbyname("203.0.113.50");
	NEED(h);
	CHECK(!memcmp(h->h_addr_list[0], "\xcb\0\x71\x32", 4));
	CHECK(!strcmp(h->h_name, "203.0.113.50"));
}

/* Back from the address that the name got to the name. */
static void nameinfo_of(int family)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_family = family };
	char host[256] = "", service[32] = "", numeric[64] = "";
	struct addrinfo *ai;

	NEED(!getaddrinfo(probe_name(), "443", &hints, &ai));
	CHECK_INT(getnameinfo(ai->ai_addr, ai->ai_addrlen, host, sizeof(host),
			      service, sizeof(service), 0),
		  0);
	CHECK(!strcmp(host, probe_name()), "host %s", host);
	CHECK(!strcmp(service, "https"), "service %s", service);
	CHECK_INT(getnameinfo(ai->ai_addr, ai->ai_addrlen, host, sizeof(host),
			      service, sizeof(service),
			      NI_NAMEREQD | NI_NUMERICSERV),
		  0);
	CHECK(!strcmp(host, probe_name()), "host %s", host);
	CHECK(!strcmp(service, "443"), "service %s", service);
	CHECK_INT(getnameinfo(ai->ai_addr, ai->ai_addrlen, numeric,
			      sizeof(numeric), NULL, 0, NI_NUMERICHOST),
		  0);
	CHECK(strchr(numeric, family == AF_INET ? '.' : ':'), "%s", numeric);
	CHECK_INT(getnameinfo(ai->ai_addr, ai->ai_addrlen, host, 4, NULL, 0, 0),
		  EAI_OVERFLOW);
	CHECK_INT(getnameinfo(ai->ai_addr, 3, host, sizeof(host), NULL, 0, 0),
		  EAI_FAMILY);
	freeaddrinfo(ai);
}

static void nameinfo(void)
{
	nameinfo_of(AF_INET);
	nameinfo_of(AF_INET6);
}

static void nameinfo_other(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	char host[256] = "";
	int r;

	in.sin_addr.s_addr = inet_addr("203.0.113.99");
	CHECK_INT(getnameinfo((struct sockaddr *)&in, sizeof(in), host,
			      sizeof(host), NULL, 0, 0),
		  0);
	CHECK(!strcmp(host, "other.probe.example"), "%s", host);
	in.sin_addr.s_addr = inet_addr("203.0.113.98");
	/* No name for it, or nobody to ask: that is between it and libc. */
	r = getnameinfo((struct sockaddr *)&in, sizeof(in), host, sizeof(host),
			NULL, 0, NI_NAMEREQD);
	CHECK(r == EAI_AGAIN || r == EAI_NONAME, "%s", gai_strerror(r));
	CHECK_INT(getnameinfo((struct sockaddr *)&in, sizeof(in), host,
			      sizeof(host), NULL, 0, NI_NUMERICHOST),
		  0);
	CHECK(!strcmp(host, "203.0.113.98"), "%s", host);
}

static void by_addr_of(int family)
{
	struct hostent *h = gethostbyname2(probe_name(), family), back, *result;
	unsigned char addr[16];
	char buf[2048];
	int herr;

	NEED(h);
	memcpy(addr, h->h_addr_list[0], (size_t)h->h_length);
	h = gethostbyaddr(addr, (socklen_t)h->h_length, family);
	NEED(h, "h_errno %d", h_errno);
	CHECK(!strcmp(h->h_name, probe_name()), "h_name %s", h->h_name);
	CHECK_INT(h->h_addrtype, family);
	CHECK(!memcmp(h->h_addr_list[0], addr, (size_t)h->h_length));
	CHECK_INT(gethostbyaddr_r(addr, (socklen_t)h->h_length, family, &back,
				  buf, sizeof(buf), &result, &herr),
		  0);
	NEED(result == &back);
	CHECK(!strcmp(back.h_name, probe_name()), "h_name %s", back.h_name);
}

static void by_addr(void)
{
	by_addr_of(AF_INET);
	by_addr_of(AF_INET6);
}

static void asynchronous(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct gaicb a = { .ar_name = probe_name(),
			   .ar_service = "7001",
			   .ar_request = &hints };
	struct gaicb b = { .ar_name = "other.probe.example",
			   .ar_service = "80",
			   .ar_request = &hints };
	struct gaicb *list[] = { &a, NULL, &b };
	int fd;

	probe_differs(DIFFER_HELPER);
	CHECK_INT(getaddrinfo_a(GAI_WAIT, list, 3, NULL), 0);
	CHECK_INT(gai_error(&a), 0);
	CHECK_INT(gai_error(&b), 0);
	NEED(a.ar_result && b.ar_result);
	CHECK(a.ar_name && !strcmp(a.ar_name, probe_name()), "ar_name %s",
	      a.ar_name);
	CHECK_INT(peer_port(b.ar_result->ai_addr), 80);
	fd = socket(a.ar_result->ai_family, SOCK_STREAM, 0);
	OK(connect(fd, a.ar_result->ai_addr, a.ar_result->ai_addrlen));
	echo(fd);
	OK(close(fd));
	freeaddrinfo(a.ar_result);
	freeaddrinfo(b.ar_result);
}

static void asynchronous_nowait(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct sigevent none = { .sigev_notify = SIGEV_NONE };
	struct gaicb a = { .ar_name = probe_name(),
			   .ar_service = "7001",
			   .ar_request = &hints };
	struct gaicb *list[] = { &a };
	const struct gaicb *const wait[] = { &a };

	probe_differs(DIFFER_HELPER);
	CHECK_INT(getaddrinfo_a(GAI_NOWAIT, list, 1, &none), 0);
	while (gai_error(&a) == EAI_INPROGRESS)
		gai_suspend(wait, 1, NULL);
	CHECK_INT(gai_error(&a), 0);
	NEED(a.ar_result);
	CHECK_INT(peer_port(a.ar_result->ai_addr), 7001);
	freeaddrinfo(a.ar_result);
}

PROBE_MAIN({ "gethostbyname", by_name }, { "gethostbyname2", by_name2 },
	   { "gethostbyname_r, gethostbyname2_r", by_name_r },
	   { "names that no route has", unknown }, { "getnameinfo", nameinfo },
	   { "getnameinfo of other addresses", nameinfo_other },
	   { "gethostbyaddr, gethostbyaddr_r", by_addr },
	   { "getaddrinfo_a, GAI_WAIT", asynchronous },
	   { "getaddrinfo_a, GAI_NOWAIT", asynchronous_nowait })
