#if defined(__x86_64__)
#define MATCH_JUDGE match_judge_avx2
#include "match/judge.c"
#else
typedef int no_avx2_here;
#endif
