/* The text of completion/canvass.bash, which the build packs into the program. */
#pragma once

extern const char completion_script[];
