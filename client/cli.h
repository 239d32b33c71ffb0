/* The whole program but main(): from the command line to the exit code. */
#pragma once

/* Run one command and return the exit code (client/exit_code.h). */
int cli_main(int argc, char *const *argv);
