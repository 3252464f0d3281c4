/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report: the lines that users read when a connection is or is not made */
#ifndef REPORT_H
#define REPORT_H

#include <sys/socket.h>

#include "addr.h"
#include "conf.h"

void report_route(const struct sockaddr *sa, socklen_t len,
		  const struct rule *rule);
void report_failure(const struct sockaddr *sa, socklen_t len,
		    const struct rule *rule, int cause);
void report_refusal(const struct sockaddr *sa, socklen_t len,
		    const struct rule *rule);
void report_name(const char *name, const struct addr *a);
void report_name_denied(const char *name);

#endif
