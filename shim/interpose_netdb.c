// SPDX-License-Identifier: GPL-3.0-or-later
/* interpose_netdb: gethostbyname(3) and its family
 *
 * Obsolete, and still called by wget's relatives, Perl and old C.  A routed
 * name is answered from here; the answer's layout is in the man page.
 */

#include <errno.h>
#include <netdb.h>
#include <stdalign.h>
#include <string.h>

#include "dest.h"
#include "interpose.h"
#include "passed.h"
#include "real.h"
#include "resolve.h"

/* In the caller's buffer, at its first aligned byte */
struct answer {
	char *aliases[1];   /* none */
	char *addresses[2]; /* one */
	unsigned char address[16];
	char name[];
};

/* Return: 0, or ERANGE where the buffer is too small */
static int fill(struct hostent *h, const char *name, int family,
		const void *address, char *buf, size_t len)
{
	size_t skip = -(uintptr_t)buf % alignof(struct answer);
	struct answer *a = (void *)(buf + skip);
	size_t namelen = strlen(name) + 1;

	if (len < skip || len - skip < sizeof(*a) + namelen)
		return ERANGE;
	h->h_addrtype = family;
	h->h_length = family == AF_INET ? 4 : 16;
	memcpy(a->address, address, (size_t)h->h_length);
	memcpy(a->name, name, namelen);
	a->aliases[0] = NULL;
	a->addresses[0] = (char *)a->address;
	a->addresses[1] = NULL;
	h->h_name = a->name;
	h->h_aliases = a->aliases;
	h->h_addr_list = a->addresses;
	return 0;
}

/* The last four bytes of a v4-mapped address, or all sixteen */
static const void *bytes_of(const struct addr *a, int family)
{
	return family == AF_INET ? a->b + 12 : a->b;
}

/* Where an answer goes: the last arguments of the _r functions */
struct where {
	struct hostent *h;
	char *buf;
	size_t len;
	struct hostent **res; /* NULL where there is no answer */
	int *err;             /* as h_errno */
};

/* Return: 0 or ERANGE, as the _r functions */
static int answer(const struct where *w, const char *name, int family,
		  const void *address)
{
	int r = fill(w->h, name, family, address, w->buf, w->len);

	*w->res = r ? NULL : w->h;
	*w->err = r ? NETDB_INTERNAL : NETDB_SUCCESS;
	if (r)
		errno = r;
	return r;
}

static int no_answer(const struct where *w, int err)
{
	*w->res = NULL;
	*w->err = err;
	return 0; /* as glibc's _r functions where a name is not found */
}

/* @r is set to what the _r function returns, unless the name is libc's. */
static enum verdict by_name(const char *name, int family, const struct where *w,
			    int *r)
{
	enum verdict v = DEST_KERNEL;
	struct addr v4, v6;

	if (name && (family == AF_INET || family == AF_INET6))
		v = resolve_name(name, 0, &v4, &v6);
	switch (v) {
	case DEST_ROUTE:
		*r = answer(w, name, family,
			    bytes_of(family == AF_INET ? &v4 : &v6, family));
		break;
	case DEST_DENY:
		*r = no_answer(w, HOST_NOT_FOUND);
		break;
	case DEST_LOST:
		*r = no_answer(w, NO_RECOVERY);
		break;
	case DEST_KERNEL:
	case DEST_PASS:
		break;
	}
	return v;
}

static bool is_libcs(enum verdict v)
{
	return v == DEST_KERNEL || v == DEST_PASS;
}

static void sockaddr_of(const void *address, int family,
			struct sockaddr_in6 *ss)
{
	struct sockaddr_in *in = (void *)ss;

	*ss = (struct sockaddr_in6){ .sin6_family = (sa_family_t)family };
	if (family == AF_INET)
		memcpy(&in->sin_addr, address, sizeof(in->sin_addr));
	else
		memcpy(&ss->sin6_addr, address, sizeof(ss->sin6_addr));
}

/* libc's answer for a name under `pass`: its addresses pass too */
static void remember(enum verdict v, const struct hostent *h)
{
	struct sockaddr_in6 ss;

	if (v != DEST_PASS || !h)
		return;
	for (char **a = h->h_addr_list; *a; a++) {
		sockaddr_of(*a, h->h_addrtype, &ss);
		passed_add((void *)&ss, sizeof(ss));
	}
}

/* Return: whether the address is a placeholder, and @r what to return */
static bool by_addr(const void *address, socklen_t len, int family,
		    const struct where *w, int *r)
{
	char name[NAMEADDR_NAME_MAX + 1];
	struct sockaddr_in6 ss;

	if (!address || !((family == AF_INET && len == 4) ||
			  (family == AF_INET6 && len == 16)))
		return false;
	sockaddr_of(address, family, &ss);
	if (!dest_name_of((void *)&ss, sizeof(ss), name))
		return false;
	/* resolved before exec: nobody else knows it either */
	*r = name[0] ? answer(w, name, family, address)
		     : no_answer(w, HOST_NOT_FOUND);
	return true;
}

/* One answer for all threads, as these functions have it in libc too */
static struct hostent shared;
static char shared_buf[sizeof(struct answer) + alignof(struct answer) +
		       NAMEADDR_NAME_MAX + 2];

static struct where shared_where(struct hostent **res)
{
	return (struct where){ &shared, shared_buf, sizeof(shared_buf), res,
			       &h_errno };
}

static struct hostent *shared_by_name(const char *name, int family,
				      enum verdict *v)
{
	struct hostent *res = NULL;
	struct where w = shared_where(&res);
	const int before = h_errno;
	int r;

	*v = by_name(name, family, &w, &r);
	if (res)
		h_errno = before;
	return res;
}

HOOK(struct hostent *, gethostbyname2, const char *name, int family)
{
	enum verdict v;
	struct hostent *h = shared_by_name(name, family, &v);

	if (is_libcs(v)) {
		h = real.gethostbyname2(name, family);
		remember(v, h);
	}
	return h;
}

HOOK(struct hostent *, gethostbyname, const char *name)
{
	enum verdict v;
	struct hostent *h = shared_by_name(name, AF_INET, &v);

	if (is_libcs(v)) {
		h = real.gethostbyname(name);
		remember(v, h);
	}
	return h;
}

HOOK(struct hostent *, gethostbyaddr, const void *a, socklen_t len, int family)
{
	struct hostent *res = NULL;
	struct where w = shared_where(&res);
	int r;

	if (!by_addr(a, len, family, &w, &r))
		return real.gethostbyaddr(a, len, family);
	return res;
}

HOOK(int, gethostbyname2_r, const char *name, int family, struct hostent *h,
     char *buf, size_t len, struct hostent **res, int *err)
{
	const struct where w = { h, buf, len, res, err };
	enum verdict v;
	int r = 0;

	v = by_name(name, family, &w, &r);
	if (!is_libcs(v))
		return r;
	r = real.gethostbyname2_r(name, family, h, buf, len, res, err);
	remember(v, r == 0 ? *res : NULL);
	return r;
}

HOOK(int, gethostbyname_r, const char *name, struct hostent *h, char *buf,
     size_t len, struct hostent **res, int *err)
{
	const struct where w = { h, buf, len, res, err };
	enum verdict v;
	int r = 0;

	v = by_name(name, AF_INET, &w, &r);
	if (!is_libcs(v))
		return r;
	r = real.gethostbyname_r(name, h, buf, len, res, err);
	remember(v, r == 0 ? *res : NULL);
	return r;
}

HOOK(int, gethostbyaddr_r, const void *a, socklen_t alen, int family,
     struct hostent *h, char *buf, size_t len, struct hostent **res, int *err)
{
	const struct where w = { h, buf, len, res, err };
	int r;

	if (by_addr(a, alen, family, &w, &r))
		return r;
	return real.gethostbyaddr_r(a, alen, family, h, buf, len, res, err);
}
