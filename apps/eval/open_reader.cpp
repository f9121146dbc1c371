#include <csignal>
#include <cstdlib>

#include "apps/eval/eval_arguments.h"
#include "apps/options/config.h"
#include "apps/reader/chat_reader.h"

namespace pith {
namespace {

Error wrong(std::string what) { return Error{ErrorCode::kInvalidArgument, std::move(what)}; }

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string default_cache() {
  const std::string base = environment("XDG_CACHE_HOME");
  if (!base.empty()) return base + "/pith/reader.db";
  const std::string home = environment("HOME");
  return home.empty() ? "" : home + "/.cache/pith/reader.db";
}

}  // namespace

Result<std::unique_ptr<ChatReader>> open_reader(const EvalArguments& arguments) {
  ChatReaderOptions options;
  options.url = arguments.reader;
  if (arguments.model.empty()) return wrong("--reader needs --reader-model");
  options.body.model = arguments.model;
  options.body.max_tokens = arguments.max_tokens;
  if (options.body.max_tokens == 0) {
    options.body.max_tokens = arguments.options.task == EvalTask::kQa     ? 100
                              : arguments.options.task == EvalTask::kCode ? 120
                                                                          : 400;
  }
  if (!arguments.members.empty()) {
    auto members = parse_members(arguments.members);
    if (!members) return members.error();
    options.body.members = std::move(*members);
  }
  if (!arguments.key_variable.empty()) {
    options.key = environment(arguments.key_variable.c_str());
    if (options.key.empty())
      return wrong("--reader-key-env: " + arguments.key_variable + " is not set");
  } else {
    options.key = environment("PITH_READER_KEY");
    // A key goes only where it belongs.
    const auto url = parse_upstream(options.url);
    if (options.key.empty() && url && url->tls && url->host == "api.openai.com") {
      options.key = environment("OPENAI_API_KEY");
    }
  }
  options.cache = arguments.cache.empty() ? default_cache() : arguments.cache;
  if (options.cache == "none") options.cache.clear();
  options.max_requests = arguments.max_requests;
  options.seed = arguments.options.selection.seed;
  options.ca_file = arguments.ca_file;
  const auto either = [](const char* upper, const char* lower) {
    const std::string value = environment(upper);
    return value.empty() ? environment(lower) : value;
  };
  options.https_proxy = either("HTTPS_PROXY", "https_proxy");
  options.http_proxy = environment("http_proxy");
  options.no_proxy = either("NO_PROXY", "no_proxy");
  std::signal(SIGPIPE, SIG_IGN);  // TLS writes would end the process when a server goes away.
  return ChatReader::open(std::move(options));
}

}  // namespace pith
