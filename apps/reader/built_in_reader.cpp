#include "apps/reader/built_in_reader.h"

#include <filesystem>

#include "apps/reader/decoder_reader.h"
#include "apps/reader/extract_reader.h"
#include "apps/reader/span_reader.h"

namespace pith {
namespace {

bool is_file(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

bool summarizes(const std::string& folder) { return is_file(folder + "/summarizer.json"); }
bool extracts(const std::string& folder) { return is_file(extract_model_file(folder)); }

}  // namespace

Result<BuiltInReader> open_built_in_reader(const std::string& folder) {
  if (summarizes(folder)) {
    auto reader = DecoderReader::open(folder);
    if (!reader) return reader.error();
    return BuiltInReader{BuiltInKind::kSummaries, std::move(*reader)};
  }
  if (extracts(folder)) {
    auto reader = ExtractReader::open(folder);
    if (!reader) return reader.error();
    return BuiltInReader{BuiltInKind::kSummaries, std::move(*reader)};
  }
  auto reader = SpanReader::open(folder);
  if (!reader) return reader.error();
  return BuiltInReader{BuiltInKind::kQuestions, std::move(*reader)};
}

std::string built_in_weights(const std::string& folder) {
  if (extracts(folder)) return extract_model_file(folder);
  return folder + (summarizes(folder) ? "/model.safetensors" : "/reader.safetensors");
}

}  // namespace pith
