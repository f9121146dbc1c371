// What LLMLingua-2 is asked and what it answers, with the names of the reference.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pith {

/// The keyword arguments of `compress_prompt`, with its defaults. Counts are numbers of any kind
/// there, so they are doubles here; negative: not asked for.
struct Llmlingua2Options {
  double rate = 0.5;
  double target_token = -1;
  bool use_context_level_filter = true;  ///< The inner method's default is false.
  bool use_token_level_filter = true;
  double target_context = -1;
  double context_level_rate = 1;
  double context_level_target_token = -1;
  std::vector<std::int64_t> force_context_ids;
  bool return_word_label = false;
  std::string word_sep = "\t\t|\t\t";
  std::string label_sep = " ";
  std::string token_to_word = "mean";  ///< Or "first".
  std::vector<std::string> force_tokens;
  bool force_reserve_digit = false;
  bool drop_consecutive = false;
  std::vector<std::string> chunk_end_tokens = {".", "\n"};
};

/// The reference's result dictionary.
struct Llmlingua2Result {
  std::string compressed_prompt;
  std::vector<std::string> compressed_prompt_list;
  std::uint64_t origin_tokens = 0;
  std::uint64_t compressed_tokens = 0;
  std::string ratio;   ///< "2.1x"
  std::string rate;    ///< "47.6%"
  std::string saving;  ///< ", Saving $0.0 in GPT-4."
  std::optional<std::string> fn_labeled_original_prompt;
};

}  // namespace pith
