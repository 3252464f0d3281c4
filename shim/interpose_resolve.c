// SPDX-License-Identifier: GPL-3.0-or-later
/* interpose_resolve: getaddrinfo(3) and its relatives
 *
 * A routed name is replaced by its placeholder address and handed to libc's
 * own getaddrinfo(): services, hints, the order of the list, its memory and
 * freeaddrinfo() stay libc's.
 */

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "dest.h"
#include "interpose.h"
#include "passed.h"
#include "real.h"
#include "report.h"
#include "resolve.h"

/* AI_ADDRCONFIG would refuse even a literal where lo is down, as it is in an
 * enclave; AI_ALL asks for addresses that a placeholder does not have. */
static struct addrinfo numeric_hints(const struct addrinfo *hints)
{
	struct addrinfo h = { 0 };

	if (hints)
		h = *hints;
	h.ai_flags &= ~(AI_ADDRCONFIG | AI_ALL);
	h.ai_flags |= AI_NUMERICHOST;
	return h;
}

/* glibc frees ai_canonname by itself; musl keeps it in one piece with the
 * list, and what is put there is not freed. */
static int set_canonname(struct addrinfo *list, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return EAI_MEMORY;
#ifdef __GLIBC__
	free(list->ai_canonname);
#endif
	list->ai_canonname = copy;
	return 0;
}

static int resolve_placeholder(const char *name, const char *service,
			       const struct addrinfo *hints,
			       const struct addr *v4, const struct addr *v6,
			       struct addrinfo **res)
{
	struct addrinfo h = numeric_hints(hints);
	/* as for a name with an A record: ::ffff: where it was asked for */
	bool six = h.ai_family == AF_INET6 && !(h.ai_flags & AI_V4MAPPED);
	char literal[ADDR_STRLEN];
	int r;

	addr_format(six ? v6 : v4, literal);
	r = real.getaddrinfo(literal, service, &h, res);
	if (r == 0 && h.ai_flags & AI_CANONNAME && *res) {
		r = set_canonname(*res, name);
		if (r)
			freeaddrinfo(*res);
	}
	return r;
}

/* libc's answer for a name under `pass` */
static int resolve_passed(const char *node, const char *service,
			  const struct addrinfo *hints, struct addrinfo **res)
{
	int r = real.getaddrinfo(node, service, hints, res);

	for (struct addrinfo *ai = r ? NULL : *res; ai; ai = ai->ai_next)
		passed_add(ai->ai_addr, ai->ai_addrlen);
	return r;
}

static int shim_getaddrinfo(const char *node, const char *service,
			    const struct addrinfo *hints, struct addrinfo **res)
{
	struct addr v4, v6;

	if (!node || (hints && hints->ai_flags & AI_NUMERICHOST))
		return real.getaddrinfo(node, service, hints, res);
	switch (resolve_name(node, resolve_service(service), &v4, &v6)) {
	case DEST_ROUTE:
		return resolve_placeholder(node, service, hints, &v4, &v6, res);
	case DEST_PASS:
		return resolve_passed(node, service, hints, res);
	case DEST_DENY:
		return EAI_NONAME;
	case DEST_LOST:
		return EAI_FAIL;
	case DEST_KERNEL:
		break;
	}
	return real.getaddrinfo(node, service, hints, res);
}

HOOK(int, getaddrinfo, const char *node, const char *service,
     const struct addrinfo *hints, struct addrinfo **res)
{
	return shim_getaddrinfo(node, service, hints, res);
}

static int copy_host(const char *name, char *host, socklen_t hostlen)
{
	size_t size = strlen(name) + 1;

	if (size > hostlen)
		return EAI_OVERFLOW;
	memcpy(host, name, size);
	return 0;
}

HOOK(int, getnameinfo, const struct sockaddr *sa, socklen_t salen, char *host,
     socklen_t hostlen, char *serv, socklen_t servlen, int flags)
{
	char name[NAMEADDR_NAME_MAX + 1];
	int r;

	if (!host || !hostlen || flags & NI_NUMERICHOST ||
	    !dest_name_of(sa, salen, name))
		return real.getnameinfo(sa, salen, host, hostlen, serv, servlen,
					flags);
	/* no name server knows a placeholder: do not let libc ask one */
	if (!name[0] && flags & NI_NAMEREQD)
		return EAI_NONAME;
	if (!name[0])
		return real.getnameinfo(sa, salen, host, hostlen, serv, servlen,
					flags | NI_NUMERICHOST);
	r = copy_host(name, host, hostlen);
	return r || !serv || !servlen
		       ? r
		       : real.getnameinfo(sa, salen, NULL, 0, serv, servlen,
					  flags & ~NI_NAMEREQD);
}

#ifdef __GLIBC__
/* A routed name is resolved here and now, which cannot block; libc is given
 * the others, and tells the caller when they, or none, are done. */
static bool resolve_now(struct gaicb *req)
{
	struct addr v4, v6;
	enum verdict v;

	if (!req || !req->ar_name ||
	    (req->ar_request && req->ar_request->ai_flags & AI_NUMERICHOST))
		return false;
	v = resolve_name(req->ar_name, resolve_service(req->ar_service), &v4,
			 &v6);
	if (v == DEST_KERNEL || v == DEST_PASS)
		return false;
	req->ar_result = NULL;
	req->__return =
		v == DEST_ROUTE
			? resolve_placeholder(req->ar_name, req->ar_service,
					      req->ar_request, &v4, &v6,
					      &req->ar_result)
		: v == DEST_DENY ? EAI_NONAME
				 : EAI_MEMORY;
	return true;
}

HOOK(int, getaddrinfo_a, int mode, struct gaicb *list[], int n,
     struct sigevent *sev)
{
	struct gaicb **rest;
	int r;

	if (!real.getaddrinfo_a)
		real_init();
	if (n <= 0 || !list)
		return real.getaddrinfo_a(mode, list, n, sev);
	rest = calloc((size_t)n, sizeof(*rest)); /* NULL entries are skipped */
	if (!rest)
		return EAI_MEMORY;
	for (int i = 0; i < n; i++)
		rest[i] = resolve_now(list[i]) ? NULL : list[i];
	r = real.getaddrinfo_a(mode, rest, n, sev);
	free(rest);
	return r;
}
#endif
