#include "graph/compress_graph.h"
#include "graph/prompt_work.h"

namespace pith {

Result<CompressReply> compress_now(const PolicySet& policies, const std::string& models_dir,
                                   const CompressRequest& request) {
  AdmittedPrompt prompt;
  // The caller keeps the request alive for the length of the call.
  prompt.job.request = std::shared_ptr<const CompressRequest>(std::shared_ptr<void>(), &request);
  prompt.policy = policies.find(request.policy);
  prompt.admitted_at = GraphClock::now();
  const TokenizeStage tokenize(models_dir);
  Result<TokenizedWork> tokenized =
      tokenize_prompt(tokenize, std::make_shared<const AdmittedPrompt>(std::move(prompt)));
  if (!tokenized) return tokenized.error();
  const Edge<TokenizedWork> work = std::make_shared<const TokenizedWork>(std::move(*tokenized));
  Result<ScoredWork> scored = std::move(score_batch({&work, 1}).front());
  if (!scored) return scored.error();
  return select_prompt(*scored);
}

}  // namespace pith
