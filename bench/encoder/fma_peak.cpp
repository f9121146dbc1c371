// pith_fma_peak: what one core can do at most: multiply-adds from registers, GFLOP per CPU second,
// in float, int8 (with VNNI) and bfloat16 (with AVX-512 BF16). The encoder's share is of the first.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/encoder/cpu_time.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

/// Where results go, so that no loop is dropped.
volatile float float_sink = 0.0F;
volatile unsigned int_sink = 0;

constexpr long kRounds = 10'000'000;

// Each kernel does kRounds times 12 independent accumulators: latency 4 x 2 ports needs 8. The
// empty asm keeps every accumulator in a register and every operation in the loop.
#define PITH_EACH12(step) \
  step(0) step(1) step(2) step(3) step(4) step(5) step(6) step(7) step(8) step(9) step(10) step(11)
#define PITH_KEEP_X(i) asm volatile("" : "+x"(a[i]));
#define PITH_KEEP_V(i) asm volatile("" : "+v"(a[i]));

/// What any compiler makes of plain vectors of four floats: NEON on arm64, SSE elsewhere.
[[maybe_unused]] double generic_flops() {
  typedef float Vector __attribute__((vector_size(16)));
  Vector a[12] = {};
  Vector x = {0.999F, 0.998F, 0.997F, 0.996F};
  Vector y = {1e-3F, 1e-3F, 1e-3F, 1e-3F};
  for (long round = 0; round < kRounds; ++round) {
#define PITH_STEP(i) a[i] = a[i] * x + y;
    PITH_EACH12(PITH_STEP)
#undef PITH_STEP
#if defined(__aarch64__)
#define PITH_KEEP(i) asm volatile("" : "+w"(a[i]));
    PITH_EACH12(PITH_KEEP)
#undef PITH_KEEP
#elif defined(__x86_64__)
    PITH_EACH12(PITH_KEEP_X)
#endif
  }
#define PITH_STEP(i) float_sink = float_sink + a[i][0];
  PITH_EACH12(PITH_STEP)
#undef PITH_STEP
  return 2.0 * 4 * 12 * kRounds;
}

#if defined(__x86_64__)

__attribute__((target("avx2,fma"))) double avx2_flops() {
  __m256 a[12] = {};
  const __m256 x = _mm256_set1_ps(0.999F);
  const __m256 y = _mm256_set1_ps(1e-3F);
  for (long round = 0; round < kRounds; ++round) {
#define PITH_STEP(i) a[i] = _mm256_fmadd_ps(a[i], x, y);
    PITH_EACH12(PITH_STEP)
#undef PITH_STEP
    PITH_EACH12(PITH_KEEP_X)
  }
#define PITH_STEP(i) float_sink = float_sink + _mm256_cvtss_f32(a[i]);
  PITH_EACH12(PITH_STEP)
#undef PITH_STEP
  return 2.0 * 8 * 12 * kRounds;
}

__attribute__((target("avx512f"))) double avx512_flops() {
  __m512 a[12] = {};
  const __m512 x = _mm512_set1_ps(0.999F);
  const __m512 y = _mm512_set1_ps(1e-3F);
  for (long round = 0; round < kRounds; ++round) {
#define PITH_STEP(i) a[i] = _mm512_fmadd_ps(a[i], x, y);
    PITH_EACH12(PITH_STEP)
#undef PITH_STEP
    PITH_EACH12(PITH_KEEP_V)
  }
#define PITH_STEP(i) float_sink = float_sink + _mm512_cvtss_f32(a[i]);
  PITH_EACH12(PITH_STEP)
#undef PITH_STEP
  return 2.0 * 16 * 12 * kRounds;
}

__attribute__((target("avx512f,avx512vnni"))) double vnni_ops() {
  __m512i a[12] = {};
  const __m512i x = _mm512_set1_epi8(3);
  const __m512i y = _mm512_set1_epi8(1);
  for (long round = 0; round < kRounds; ++round) {
#define PITH_STEP(i) a[i] = _mm512_dpbusd_epi32(a[i], x, y);
    PITH_EACH12(PITH_STEP)
#undef PITH_STEP
    PITH_EACH12(PITH_KEEP_V)
  }
#define PITH_STEP(i)                           \
  int_sink = int_sink ^ static_cast<unsigned>( \
                            _mm_cvtsi128_si32(_mm512_maskz_extracti32x4_epi32(15, a[i], 0)));
  PITH_EACH12(PITH_STEP)
#undef PITH_STEP
  return 2.0 * 64 * 12 * kRounds;
}

__attribute__((target("avx512f,avx512bf16"))) double bf16_flops() {
  __m512 a[12] = {};
  const __m512 one = _mm512_set1_ps(1e-3F);
  const __m512bh x = _mm512_cvtne2ps_pbh(one, one);
  for (long round = 0; round < kRounds; ++round) {
#define PITH_STEP(i) a[i] = _mm512_dpbf16_ps(a[i], x, x);
    PITH_EACH12(PITH_STEP)
#undef PITH_STEP
    PITH_EACH12(PITH_KEEP_V)
  }
#define PITH_STEP(i) float_sink = float_sink + _mm512_cvtss_f32(a[i]);
  PITH_EACH12(PITH_STEP)
#undef PITH_STEP
  return 2.0 * 32 * 12 * kRounds;
}
#endif

struct Kernel {
  const char* kind;
  const char* name;
  double (*run)();
};

std::vector<Kernel> kernels() {
  std::vector<Kernel> found;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    found.push_back({"fp32", "avx2", avx2_flops});
  }
  if (__builtin_cpu_supports("avx512f")) found.push_back({"fp32", "avx512", avx512_flops});
  if (__builtin_cpu_supports("avx512vnni")) found.push_back({"int8", "avx512vnni", vnni_ops});
  if (__builtin_cpu_supports("avx512bf16")) found.push_back({"bf16", "avx512bf16", bf16_flops});
#endif
  if (found.empty()) found.push_back({"fp32", "generic", generic_flops});
  return found;
}

/// The upper quartile of several runs: neighbours take away, and the clock of CPU time, which a
/// virtual machine keeps roughly, can also add.
double peak_gflops(const Kernel& kernel) {
  kernel.run();
  std::vector<double> rates;
  for (int i = 0; i < 12; ++i) {
    const double begin = pith::bench::cpu_seconds();
    const double operations = kernel.run();
    rates.push_back(1e-9 * operations / (pith::bench::cpu_seconds() - begin));
  }
  std::nth_element(rates.begin(), rates.begin() + 8, rates.end());
  return rates[8];
}

}  // namespace

/// Prints {"fp32": GFLOP/s, "fp32_with": name, "int8": ..., "bf16": ...}; 0 where the CPU has none,
/// and with --fp32 for all but that.
int main(int argc, char** argv) {
  const bool fp32_only = argc > 1 && std::string(argv[1]) == "--fp32";
  double fp32 = 0.0;
  double int8 = 0.0;
  double bf16 = 0.0;
  std::string fp32_with;
  for (const Kernel& kernel : kernels()) {
    const std::string kind = kernel.kind;
    if (fp32_only && kind != "fp32") continue;
    const double gflops = peak_gflops(kernel);
    if (kind == "int8") int8 = gflops;
    if (kind == "bf16") bf16 = gflops;
    if (kind == "fp32" && gflops > fp32) {
      fp32 = gflops;
      fp32_with = kernel.name;
    }
  }
  std::printf("{\"fp32\": %.1f, \"fp32_with\": \"%s\", \"int8\": %.1f, \"bf16\": %.1f}\n", fp32,
              fp32_with.c_str(), int8, bf16);
  return 0;
}
