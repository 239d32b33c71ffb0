#if defined(__x86_64__)
#define MATCH_JUDGE match_judge_avx512
#include "match/judge.c"
#else
typedef int no_avx512_here;
#endif
