/** The tokens that are named by the parameter `tokens` (hashes, lower-case hex), as raw bytes. */
export const NAMED_TOKENS = 'SELECT toFixedString(unhex(arrayJoin({tokens:Array(String)})), 32)';
