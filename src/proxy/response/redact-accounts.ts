const REDACTED = '[redacted]';

/** Everything that looks like an API key. */
const KEYS =
  /\b(?:sk-[\w-]{6,}|AIza[\w-]{10,}|gsk_\w{8,}|xai-[\w-]{8,}|(?:hf|r8|fw|tgp|csk|nvapi|pplx|sk|pk|rk|key|ghp|gho|ghs)[-_](?=[A-Za-z_-]*\d)[\w-]{12,}|github_pat_\w{8,}|ya29\.[\w-]{8,}|ak-(?=\w*\d)\w{8,}|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]+)?|(?:AKIA|ASIA|ABIA)[A-Z0-9]{12,}|Bearer\s+[\w.~+/=-]{6,})/g;

/** Masked keys: their visible ends still identify the owner. */
const MASKED_KEYS = /[\w-]*\*{3,}[\w*-]*|\b(?:sk|pk|gsk|xai|AIza|key|hf|fw)[-_]?[\w-]*(?:\.{3,}|…)[\w-]*/g;

/** Identifiers with a typed prefix: `org-…`, `proj_…`, `acct_…`. */
const PREFIXED_IDS =
  /\b(?:org|proj|acct|wrkspc|usr|svcacct)[-_](?=[\w-]*[\dA-Z])[\w-]{4,}|\borg-\w{8,}|\b(?:organization|project|team|user|account|acc|workspace|ws|tenant|sub|cus|deploy)[-_](?:(?=[A-Za-z]*\d)[A-Za-z0-9]{6,}|[A-Za-z0-9]{16,})[\w-]*/g;

/** `arn:aws:…` with account numbers; "account 123456": numbers that follow a word for an account or project. */
const ARNS = /\barn:aws[\w-]*:[^\s"'`,)]+/g;
const NUMBERED =
  /\b((?:account|project|organi[sz]ation|team|tenant|workspace|customer|consumer|subscription|user|principal|key[ _-]?id)s?(?:[ _-]?(?:number|id|ids))?["'`]?(?: with id)?[\s:=/#"'`([]{1,4})(\d{5,}(?![0-9a-f]*[a-f])|[0-9a-f]{32}\b|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/gi;
/** "account 'acme'": a quoted name that follows such a word. */
const NAMED =
  /\b((?:account|project|organi[sz]ation|team|workspace|tenant|subscription):? (?:id |name )?)(["'`])[^"'`]{3,80}\2/gi;
/** "Account acme-123abc is suspended": a bare name that contains a digit. */
const BARE_NAMES =
  /\b((?:account|team|workspace|tenant) )(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{5,80}(?= (?:is|has|was)\b)/gi;
/** `projects/my-project/locations`, `?project=123`, `accounts/acme/models`. `accounts/fireworks` is public. */
const PATHS =
  /\b((?:projects|accounts|organizations|workspaces|teams?|subscriptions|resourceGroups)\/|[?&](?:project|org|team)=)(?!fireworks\/)[\w.:@-]+/g;
/** Host names that contain the name of the operator's resource. */
const HOSTS =
  /\b[\w-]+(?=\.(?:openai\.azure\.com|cognitiveservices\.azure\.com|services\.ai\.azure\.com|inference\.ai\.azure\.com))/g;
const EMAILS = /\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}/g;

/** `text` without keys, whole or masked, and without identifiers of the operator's account at the provider. */
export function withoutAccounts(text: string): string {
  return text
    .replace(KEYS, REDACTED)
    .replace(MASKED_KEYS, REDACTED)
    .replace(ARNS, REDACTED)
    .replace(NUMBERED, `$1${REDACTED}`)
    .replace(NAMED, `$1$2${REDACTED}$2`)
    .replace(BARE_NAMES, `$1${REDACTED}`)
    .replace(PATHS, `$1${REDACTED}`)
    .replace(PREFIXED_IDS, REDACTED)
    .replace(HOSTS, REDACTED)
    .replace(EMAILS, REDACTED);
}
