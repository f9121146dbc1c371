// The flags of `pith eval`, and what is loaded and opened because of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/eval/eval_options.h"
#include "apps/eval/eval_run.h"
#include "messages/result.h"

namespace pith {

class ChatReader;

struct EvalArguments {
  EvalOptions options;
  std::string task, precision = "float32";
  std::vector<std::string> times;
  std::string reader = "none", model, key_variable, members, cache, ca_file;
  std::uint64_t max_requests = 2000;
  std::uint32_t max_tokens = 0;
  bool json = false;
  std::string svg;
};

/// Policies, baselines and the counter. Errors: kUnknownPolicy, kInvalidArgument, kFileUnreadable.
Result<EvalParts> load_parts(const EvalOptions& options);

/// The reader at arguments.reader, which is a URL; keys and proxies come from the environment.
/// From here on the process ignores SIGPIPE. Errors: as ChatReader::open.
Result<std::unique_ptr<ChatReader>> open_reader(const EvalArguments& arguments);

}  // namespace pith
