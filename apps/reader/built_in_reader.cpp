#include "apps/reader/built_in_reader.h"

#include <filesystem>

#include "apps/reader/decoder_reader.h"
#include "apps/reader/span_reader.h"

namespace pith {
namespace {

bool summarizes(const std::string& folder) {
  std::error_code ignored;
  return std::filesystem::exists(folder + "/summarizer.json", ignored);
}

}  // namespace

Result<BuiltInReader> open_built_in_reader(const std::string& folder) {
  if (summarizes(folder)) {
    auto reader = DecoderReader::open(folder);
    if (!reader) return reader.error();
    return BuiltInReader{BuiltInKind::kSummaries, std::move(*reader)};
  }
  auto reader = SpanReader::open(folder);
  if (!reader) return reader.error();
  return BuiltInReader{BuiltInKind::kQuestions, std::move(*reader)};
}

std::string built_in_weights(const std::string& folder) {
  return folder + (summarizes(folder) ? "/model.safetensors" : "/reader.safetensors");
}

}  // namespace pith
