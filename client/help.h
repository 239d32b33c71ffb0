/* Help, from the tables. */
#pragma once

#include "client/app.h"
#include "client/verb.h"

/* Print all commands. */
void help_print_overview(struct app *app);

/* Print what a noun has; of one with a single command, that. */
void help_print_noun(struct app *app, const struct noun *noun);

/* Print one command. */
void help_print_verb(struct app *app, const struct verb *verb);

/* Print the scdoc source of the man page of @noun, or of canvass(1) if it is NULL. */
void help_print_scdoc(struct app *app, const struct noun *noun);
