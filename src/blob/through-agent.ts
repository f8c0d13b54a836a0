import type { AgentIdentities } from '../age/identity-file.ts'

/** Makes identities of public keys that ssh-agent holds; loaded only where somebody uses one, for it starts programs. */
export const throughAgent: AgentIdentities = async (text, name) =>
  (await import('./agent-identity.ts')).agentIdentity(text, name)
