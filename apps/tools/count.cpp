#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "apps/json_api/json_text.h"
#include "apps/options/config.h"
#include "apps/tools/input.h"
#include "apps/tools/tools.h"
#include "stages/tokenize/token_counter.h"

namespace pith {
namespace {

struct CountFlags {
  std::string tokenizer = "o200k_base";
  std::vector<std::string> files;
  bool json = false;
};

int run_count(const CountFlags& flags) {
  auto models_dir = find_models_dir();
  if (!models_dir) return tool_error(models_dir.error());
  auto counter = load_token_counter(flags.tokenizer, *models_dir);
  if (!counter) return tool_error(counter.error());
  auto inputs = read_inputs(flags.files);
  if (!inputs) return tool_error(inputs.error());
  unsigned long long total = 0;
  for (const Input& input : *inputs) {
    const unsigned long long tokens = (*counter)->count(input.text);
    total += tokens;
    if (flags.json) {
      std::string name;
      append_json_string(name, input.name);
      std::printf("{\"file\":%s,\"tokens\":%llu,\"bytes\":%zu,\"tokenizer\":\"%s\"}\n",
                  name.c_str(), tokens, input.text.size(), flags.tokenizer.c_str());
    } else if (input.name == "-") {
      std::printf("%llu\n", tokens);
    } else {
      std::printf("%9llu %s\n", tokens, input.name.c_str());
    }
  }
  if (!flags.json && inputs->size() > 1) std::printf("%9llu total\n", total);
  return 0;
}

}  // namespace

void add_count(CLI::App& parent, std::function<int()>& run) {
  auto flags = std::make_shared<CountFlags>();
  CLI::App* app = parent.add_subcommand("count", "Count tokens of standard input or files");
  app->add_option("--tokenizer", flags->tokenizer, "o200k_base or cl100k_base")->type_name("NAME");
  app->add_flag("--json", flags->json, "One JSON object a text");
  app->add_option("FILE", flags->files, "Files; none or -: standard input");
  app->callback([&run, flags] { run = [flags] { return run_count(*flags); }; });
}

}  // namespace pith
