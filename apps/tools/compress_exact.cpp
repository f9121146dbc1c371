#include "apps/tools/compress_exact.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <iostream>

#include "apps/json_api/json_text.h"
#include "apps/options/config.h"
#include "apps/tools/exact_request.h"
#include "apps/tools/input.h"
#include "stages/llmlingua2/llmlingua2.h"

namespace pith {
namespace {

using Model = std::shared_ptr<const Llmlingua2>;

Result<Model> load(const ExactFlags& flags) {
  const auto precision = parse_precision(flags.precision);
  if (!precision) {
    return Error{precision.error().code, "--precision: " + precision.error().detail};
  }
  std::error_code failed;
  if (!std::filesystem::is_directory(flags.policy, failed)) {
    return Error{ErrorCode::kInvalidArgument,
                 "--exact reproduces LLMLingua-2 and needs the folder of one of its models as "
                 "--policy DIR"};
  }
  const auto models_dir = find_models_dir();
  if (!models_dir) return models_dir.error();
  const auto counter = load_token_counter("cl100k_base", *models_dir);
  if (!counter) return counter.error();
  return Llmlingua2::open(flags.policy, *precision, *counter);
}

Result<Llmlingua2Options> options_of(const ExactFlags& flags) {
  Llmlingua2Options options;
  if (flags.rate) {
    if (!(*flags.rate > 0)) return Error{ErrorCode::kInvalidArgument, "--rate must be above 0"};
    options.rate = *flags.rate;
  }
  if (flags.target_tokens) {
    if (*flags.target_tokens == 0) {
      return Error{ErrorCode::kInvalidArgument, "--target-tokens must be at least 1"};
    }
    options.target_token = *flags.target_tokens;
  }
  for (const std::string& token : flags.force_tokens) {
    options.force_tokens.push_back(unescaped_flag(token));
  }
  if (!flags.chunk_ends.empty()) options.chunk_end_tokens.clear();
  for (const std::string& token : flags.chunk_ends) {
    options.chunk_end_tokens.push_back(unescaped_flag(token));
  }
  options.force_reserve_digit = flags.force_digits;
  options.drop_consecutive = flags.drop_consecutive;
  options.return_word_label = flags.labels;
  return options;
}

std::string answer(const Llmlingua2& model, const std::string& line) {
  const auto error_json = [](const Error& error) {
    std::string out = "{\"error\": ";
    append_json_string(out, error.detail);
    return out + "}";
  };
  const auto request = parse_exact_request(line);
  if (!request) return error_json(request.error());
  const auto result = model.compress(request->contexts, request->options);
  if (!result) return error_json(result.error());
  return "{\"result\": " + exact_result_json(*result) + "}";
}

int compress_lines(const Llmlingua2& model) {
  for (std::string line; std::getline(std::cin, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    std::cout << answer(model, line) << '\n' << std::flush;
  }
  return std::cout ? 0
                   : tool_error({ErrorCode::kFileUnreadable, "standard output cannot be written"});
}

}  // namespace

int run_compress_exact(const ExactFlags& flags) {
  if (flags.jsonl && !flags.files.empty()) {
    return tool_error({ErrorCode::kInvalidArgument, "--jsonl reads standard input, not files"});
  }
  const auto options = options_of(flags);
  if (!options) return tool_error(options.error());
  const auto model = load(flags);
  if (!model) return tool_error(model.error());
  if (flags.jsonl) return compress_lines(**model);
  auto inputs = read_inputs(flags.files);
  if (!inputs) return tool_error(inputs.error());
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  for (Input& input : *inputs) {
    const auto result = (*model)->compress({std::move(input.text)}, *options);
    if (!result) return tool_error(result.error());
    before += result->origin_tokens;
    after += result->compressed_tokens;
    if (flags.json) {
      std::cout << exact_result_json(*result) << '\n';
    } else {
      std::cout << result->compressed_prompt;
    }
  }
  std::cout << std::flush;
  if (!std::cout) {
    return tool_error({ErrorCode::kFileUnreadable, "standard output cannot be written"});
  }
  if (!flags.json && isatty(STDERR_FILENO) != 0) {
    std::fprintf(
        stderr, "pith: %llu -> %llu tokens (%.0f %% kept)\n",
        static_cast<unsigned long long>(before), static_cast<unsigned long long>(after),
        before == 0 ? 100.0 : 100.0 * static_cast<double>(after) / static_cast<double>(before));
  }
  return 0;
}

}  // namespace pith
