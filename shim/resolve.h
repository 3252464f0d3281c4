/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resolve: what interpose_resolve.c and interpose_netdb.c share */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <stdint.h>

#include "addr.h"
#include "dest.h"

enum verdict resolve_name(const char *name, uint16_t port, struct addr *v4,
			  struct addr *v6);
uint16_t resolve_service(const char *service);

#endif
