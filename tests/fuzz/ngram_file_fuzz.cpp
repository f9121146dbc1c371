// Whatever bytes a *.ngram file holds: an error that names the field, or a model that stays inside
// the file, whatever pieces it reads. What the loader allocates is at most the size of the file.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "stages/score/ngram_header.h"
#include "stages/score/ngram_model.h"

// clang's address sanitizer, that of the fuzz preset, tells of every allocation.
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define PITH_WATCHES_ALLOCATIONS
#include <sanitizer/allocator_interface.h>
#endif
#endif

namespace {

/// The largest single allocation since it was last set to 0; stays 0 where nobody watches.
std::size_t g_largest = 0;

#ifdef PITH_WATCHES_ALLOCATIONS
[[maybe_unused]] const int g_watching = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t bytes) {
      g_largest = bytes > g_largest ? bytes : g_largest;
    },
    [](const volatile void*) {});
#endif

}  // namespace

namespace pith {
namespace {

/// "NAME: FIELD: what is wrong"
void require_field(const Error& error) {
  const bool named = error.code == ErrorCode::kFileUnreadable &&
                     error.detail.starts_with("fuzzed: ") &&
                     error.detail.find(": ", sizeof("fuzzed: ") - 1) != std::string::npos;
  if (!named) std::abort();
}

void walk(const NgramModel& model, std::span<const std::uint8_t> choices) {
  NgramModel::State state;
  const std::uint32_t vocab_size = model.header().vocab_size;
  for (std::size_t i = 0; i + 1 < choices.size() && i < 4096; ++i) {
    const std::uint32_t drawn = choices[i] | (static_cast<std::uint32_t>(choices[i + 1]) << 8U);
    // Mostly small pieces, which are the ones that have n-grams in a small file.
    const std::uint32_t piece = i % 4 == 0 ? drawn : drawn % vocab_size;
    const float nats = model.advance(state, piece);
    if (!(nats >= 0.0F && nats < 100.0F)) std::abort();
  }
}

}  // namespace
}  // namespace pith

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy with nothing behind it: the sanitizer sees one byte too far.
  const std::vector<std::uint8_t> file(data, data + size);
  g_largest = 0;
  const pith::Result<pith::NgramModel> model = pith::NgramModel::parse(file, "fuzzed");
  // Besides a block per 512 bits there are only names and error texts.
  if (g_largest > size + 512) std::abort();
  if (!model) {
    pith::require_field(model.error());
    return 0;
  }
  pith::walk(*model, file);
  pith::has_valid_checksum(file);
  return 0;
}
