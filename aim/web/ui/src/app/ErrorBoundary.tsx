import { Component, type ReactNode } from 'react'
import { Failed } from '../widgets/basics'
import { PageHeader } from '../widgets/PageHeader'

/** A page that breaks says so and leaves the frame usable. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null }
  static getDerivedStateFromError(error: unknown) {
    return { error }
  }
  override render() {
    return this.state.error ? (
      <>
        <PageHeader title="Error" />
        <Failed error={this.state.error} retry={() => this.setState({ error: null })} />
      </>
    ) : (
      this.props.children
    )
  }
}
