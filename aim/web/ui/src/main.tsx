import './styles/tokens.css'
import './styles/base.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { createRoot } from 'react-dom/client'
import { App } from './app/App'
import { startKeys } from './app/keys'
import { startLive } from './app/live'
import { client } from './app/queries'
import { startStoredViews } from './app/storedViews'

startKeys()
startLive()
startStoredViews()
createRoot(document.getElementById('root')!).render(
  <QueryClientProvider client={client}>
    <App />
  </QueryClientProvider>,
)
