/* AuditService/SignHead: the database says what stands, the daemon signs it. */
#pragma once

#include "service/code.h"

extern const struct code_method sign_head_method;
